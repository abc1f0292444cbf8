"""Reading the pages in tests, with the standard library's parser."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "br", "img", "input", "hr"})


@dataclass
class Element:
    """`text` holds everything said inside, in order."""

    tag: str
    attributes: dict[str, str]
    children: list["Element"] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join("".join(self.pieces).split())

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    def all(self, tag: str = "", css: str = "") -> list["Element"]:
        """Every element below of that tag and class, in order."""
        found = []
        for child in self.children:
            if tag in ("", child.tag) and (not css or css in child.classes):
                found.append(child)
            found += child.all(tag, css)
        return found

    def one(self, tag: str = "", css: str = "") -> "Element":
        found = self.all(tag, css)
        assert len(found) == 1, f"{len(found)} of {tag}.{css}"
        return found[0]


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.pieces.append(data)


def parsed(content: bytes) -> Element:
    """The page as a tree; every element must be closed in order."""
    tree = _Tree()
    tree.feed(content.decode())
    tree.close()
    assert tree.open == [tree.root], "an element is not closed"
    return tree.root
