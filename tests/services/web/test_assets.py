"""Static files and what is vendored: whole, listed, licensed, and nothing besides."""

import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from services.web.assets import Assets

STATIC = Path(str(files("services.web").joinpath("static")))
VENDORED = STATIC / "vendor" / "swagger-ui"
LIST = "vendor.json"


@pytest.fixture(scope="module")
def assets() -> Assets:
    return Assets()


def test_every_vendored_file_is_the_listed_one_and_none_is_missing_or_added() -> None:
    listed = json.loads((VENDORED / LIST).read_text())
    present = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDORED.iterdir()}
    present.pop(LIST)
    assert present == listed["files"]


def test_vendored_files_come_with_name_version_and_licence() -> None:
    listed = json.loads((VENDORED / LIST).read_text())
    assert listed["name"] == "swagger-ui-dist"
    assert re.fullmatch(r"\d+\.\d+\.\d+", listed["version"])
    assert listed["license"] == "Apache-2.0"
    assert "Apache License" in (VENDORED / "LICENSE").read_text()
    assert "SmartBear" in (VENDORED / "NOTICE").read_text()


def test_no_source_maps_are_carried_along() -> None:
    assert not [path for path in STATIC.rglob("*") if path.suffix == ".map"]


def test_our_own_styles_and_scripts_ask_no_other_host() -> None:
    own = [path for path in STATIC.iterdir() if path.suffix in (".css", ".js", ".svg")]
    assert own
    for path in own:
        addresses = re.findall(r"(?:https?:)?//[a-z0-9.-]+", path.read_text().replace("http://www.w3.org/2000/svg", ""))
        assert addresses == [], path.name


def test_an_address_changes_with_the_content(assets: Assets) -> None:
    found = assets.find("steelyard.css")
    assert found is not None
    assert assets.address("steelyard.css") == f"/static/steelyard.css?v={found.digest[:16]}"


@pytest.mark.parametrize("name", ["", "../pages.py", "vendor/swagger-ui/vendor.json", "steelyard.css/", "/etc/passwd"])
def test_only_files_for_browsers_are_served(assets: Assets, name: str) -> None:
    assert assets.find(name) is None


def test_status_colours_keep_their_contrast() -> None:
    """WCAG 2 AA for small text, in both colour schemes."""
    css = (STATIC / "steelyard.css").read_text()
    tones = re.findall(r"\.tone-(\w+) \{ --mark: #\w+; --tint: (#\w{6}); --text: (#\w{6}); \}", css)
    assert len(tones) == 2 * 7
    for name, tint, text in tones:
        assert _contrast(tint, text) >= 4.5, name


def test_text_keeps_its_contrast_on_every_ground() -> None:
    css = (STATIC / "steelyard.css").read_text()
    schemes = [dict(re.findall(r"--([\w-]+): (#\w{6});", block)) for block in re.findall(r":root \{(.*?)\}", css, re.S)]
    both = [scheme for scheme in schemes if "ink" in scheme]
    assert len(both) == 2
    for scheme in both:
        for ground in ("paper", "card"):
            for text in ("ink", "soft", "accent", "alert"):
                assert _contrast(scheme[ground], scheme[text]) >= 4.5, (ground, text)


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
