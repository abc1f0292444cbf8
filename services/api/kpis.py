"""Operations on KPIs: definition, scale, targets, owner, end."""

from domain.kpi.commands import AssignOwner, RetireKpi
from domain.kpi.state import definition_for
from domain.values import KpiId
from services.api.bodies.kpi import (
    NewKpiBody,
    OwnerBody,
    RedefinitionBody,
    RetirementBody,
    ScaleSettingBody,
    TargetsBody,
)
from services.api.kpi_views import KpiDetailView, KpisView, kpi_detail, kpi_line
from services.api.operation import Call, Operation, Reply
from services.api.reads import reading
from services.app import execute
from services.commands import Command, WrittenView
from tenants.access import Permission


def _define(call: Call) -> Reply:
    body = call.body_as(NewKpiBody)
    answer = execute(call.app, call.actor, [body.command()], call.key)
    return Reply.written(answer, location=f"/v1/kpis/{body.kpi}")


def _list(call: Call) -> Reply:
    with reading(call) as read:
        kpis = sorted((kpi for kpi in read.definitions.kpis.values() if kpi.definitions), key=lambda kpi: kpi.id)
        return Reply.of(KpisView([kpi_line(kpi) for kpi in kpis], read.head.position), read.head.position)


def _show(call: Call) -> Reply:
    code = call.code("kpi")
    with reading(call) as read:
        return Reply.of(kpi_detail(read.kpi(code), read.head.position), read.head.position)


def _redefine(call: Call) -> Reply:
    return _done(call, call.body_as(RedefinitionBody).command(_kpi(call)))


def _set_scale(call: Call) -> Reply:
    """Presets look at kind and direction, which no redefinition with values can change."""
    body = call.body_as(ScaleSettingBody)
    code = call.code("kpi")
    with reading(call) as read:
        known = definition_for(read.kpi(code), body.effective_from)
    assert known is not None, "a KPI that is there has a definition"
    return _done(call, body.command(KpiId(code), known.definition))


def _set_targets(call: Call) -> Reply:
    return _done(call, call.body_as(TargetsBody).command(_kpi(call)))


def _assign_owner(call: Call) -> Reply:
    return _done(call, AssignOwner(_kpi(call), call.body_as(OwnerBody).owner))


def _retire(call: Call) -> Reply:
    body = call.body_as(RetirementBody)
    return _done(call, RetireKpi(_kpi(call), body.last_day, body.reason))


def _kpi(call: Call) -> KpiId:
    return KpiId(call.code("kpi"))


def _done(call: Call, command: Command) -> Reply:
    return Reply.written(execute(call.app, call.actor, [command], call.key))


_RESTATING = "A change of an ended period with values is a restatement: it must say so and give a reason."

OPERATIONS = (
    Operation(
        name="defineKpi",
        method="POST",
        path="/v1/kpis",
        tag="KPIs",
        permission=Permission.DEFINE_KPI,
        summary="Define a KPI",
        description="What is measured, in which unit, how often, and how longer periods come about. With a scale, the "
        "scale applies from the same date.",
        handle=_define,
        answer=WrittenView,
        body=NewKpiBody,
        statuses=(201,),
        problems=(409,),
        example={
            "kpi": "revenue",
            "name": "Revenue",
            "unit": "EUR",
            "kind": "flow",
            "direction": "higher",
            "frequency": "month",
            "aggregation": "sum",
            "indicator": "lag",
            "effective_from": "2026-01-01",
            "scale": {"preset": "maximise", "arguments": {"baseline": "0"}},
        },
    ),
    Operation(
        name="listKpis",
        method="GET",
        path="/v1/kpis",
        tag="KPIs",
        permission=Permission.READ,
        summary="List the KPIs",
        description="All KPIs of the organization, retired ones included, in order of code.",
        handle=_list,
        answer=KpisView,
    ),
    Operation(
        name="getKpi",
        method="GET",
        path="/v1/kpis/{kpi}",
        tag="KPIs",
        permission=Permission.READ,
        summary="Show a KPI",
        description="Every definition, scale and target, with the position in the log that set it.",
        handle=_show,
        answer=KpiDetailView,
        problems=(404,),
    ),
    Operation(
        name="redefineKpi",
        method="PUT",
        path="/v1/kpis/{kpi}/definition",
        tag="KPIs",
        permission=Permission.EDIT_KPI,
        summary="Define a KPI anew from a date",
        description=f"The whole definition; kind, unit and frequency are fixed once a value exists. {_RESTATING}",
        handle=_redefine,
        answer=WrittenView,
        body=RedefinitionBody,
        problems=(404, 409),
        example={
            "name": "Net revenue",
            "unit": "EUR",
            "kind": "flow",
            "direction": "higher",
            "frequency": "month",
            "aggregation": "sum",
            "effective_from": "2027-01-01",
        },
    ),
    Operation(
        name="setScale",
        method="PUT",
        path="/v1/kpis/{kpi}/scale",
        tag="KPIs",
        permission=Permission.EDIT_KPI,
        summary="Set the scale of a KPI from a date",
        description=f"A preset with arguments, or anchors; either way anchors are kept. {_RESTATING}",
        handle=_set_scale,
        answer=WrittenView,
        body=ScaleSettingBody,
        problems=(404, 409),
        example={
            "effective_from": "2027-01-01",
            "anchors": [{"x": "0", "score": "0"}, {"x": {"target": "1"}, "score": "100"}],
        },
    ),
    Operation(
        name="setTargets",
        method="PUT",
        path="/v1/kpis/{kpi}/targets",
        tag="KPIs",
        permission=Permission.EDIT_KPI,
        summary="Set or revise targets",
        description="A series of targets by period. A period that has another target is revised, which needs a reason; "
        "an equal one is left as it is. The old target stays visible.",
        handle=_set_targets,
        answer=WrittenView,
        body=TargetsBody,
        problems=(404, 409),
        example={"targets": [{"period": "2026-01", "target": "100000", "baseline": "80000"}]},
    ),
    Operation(
        name="assignOwner",
        method="PUT",
        path="/v1/kpis/{kpi}/owner",
        tag="KPIs",
        permission=Permission.DEFINE_KPI,
        summary="Assign the owner of a KPI",
        description="The owner is a principal, whose id every key shows; a contributor's key may measure what it owns.",
        handle=_assign_owner,
        answer=WrittenView,
        body=OwnerBody,
        problems=(404, 409),
        example={"owner": "0192f0c1-7a5e-7b1c-9d0e-4f7c2d1a0b3e"},
    ),
    Operation(
        name="retireKpi",
        method="POST",
        path="/v1/kpis/{kpi}/retirement",
        tag="KPIs",
        permission=Permission.DEFINE_KPI,
        summary="Retire a KPI",
        description="It is in no score for periods that end after the last day, and takes no values for them.",
        handle=_retire,
        answer=WrittenView,
        body=RetirementBody,
        problems=(404, 409),
        example={"last_day": "2026-12-31", "reason": "replaced by net revenue"},
    ),
)
