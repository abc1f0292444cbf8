"""Templates to bytes: jinja with escaping always on, undefined names an error, styles addressed by their content."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from services.web.assets import Assets


class Templates:
    """All templates of the package, compiled once."""

    def __init__(self, assets: Assets) -> None:
        self._environment = Environment(
            loader=PackageLoader("services.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals["asset"] = assets.address

    def render(self, name: str, page: object) -> bytes:
        """The page as HTML in UTF-8."""
        return self._environment.get_template(name).render(page=page).encode()
