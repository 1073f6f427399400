"""Write expressions over time as an annotation document of ELAN (.eaf, EAF 3.0).

The format: https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as ET

from roomread.formats.label_runs import LabelRun, LabelRuns
from roomread.readings import Expression, Frame, Reading

_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
_TYPE, _VOCABULARY = "expression", "expressions"
# The linguistic type of dependent tiers, and its constraint: each annotation belongs to exactly
# one annotation of the parent tier.
_FIELD_TYPE, _ASSOCIATION = "field", "Symbolic_Association"


class ElanSink:
    """Sink that writes a tier for each person; each annotation spans the time of one label.

    Labels come from a controlled vocabulary: the seven expressions, "unsure" and "unreadable".
    Dependent tiers, such as "face 1 valence", contain the other fields of the readings.
    Numbers are means over the time of the annotation, and objects are written as JSON. An unknown
    value has no annotation.

    Args:
        file: The text file, which is written when the sink is closed.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._runs = LabelRuns()
        self._source: str | None = None

    def add(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Add the readings of one frame."""
        self._source = self._source or frame.source
        self._runs.add(frame, readings)

    def close(self) -> None:
        """Write the document."""
        root = eaf(self._runs.close(), media=self._source)
        ET.indent(root)
        self._file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        self._file.write(ET.tostring(root, encoding="unicode") + "\n")


def eaf(runs: Sequence[LabelRun], *, media: str | None) -> ET.Element:
    """Return the root of an annotation document.

    Args:
        runs: The label runs, each of which becomes an annotation.
        media: The path of the video that ELAN opens with the document; None for no video.
    """
    root = ET.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "Roomread",
            "DATE": datetime.now(UTC).isoformat(timespec="seconds"),
            "FORMAT": "3.0",
            "VERSION": "3.0",
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:noNamespaceSchemaLocation": _SCHEMA,
        },
    )
    header = ET.SubElement(root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    if media is not None and Path(media).exists():
        path = Path(media).resolve()
        ET.SubElement(header, "MEDIA_DESCRIPTOR", _descriptor(path))
    order = ET.SubElement(root, "TIME_ORDER")
    slots = _slots(runs)
    for time, slot in slots.items():
        ET.SubElement(order, "TIME_SLOT", {"TIME_SLOT_ID": slot, "TIME_VALUE": str(time)})
    named = {f"a{number}": run for number, run in enumerate(runs, start=1)}
    for person in sorted({run.person for run in runs}):
        own = {name: run for name, run in named.items() if run.person == person}
        _add_tiers(root, person, own, slots)
    _add_types(root)
    return root


def _add_tiers(
    root: ET.Element, person: int, runs: Mapping[str, LabelRun], slots: Mapping[int, str]
) -> None:
    """Add the tier of a person's expressions, and a dependent tier for each other schema field.

    Args:
        root: The document.
        person: The person's `LabelRun.person`.
        runs: The person's label runs, by the id of their annotation.
        slots: The id of the time slot for each time in ms.
    """
    tier_id = f"face {person}"
    names = [str(run.fields["person"]) for run in runs.values() if run.fields.get("person")]
    participant = {"PARTICIPANT": names[-1]} if names else {}
    of_expression = {"LINGUISTIC_TYPE_REF": _TYPE, "TIER_ID": tier_id} | participant
    tier = ET.SubElement(root, "TIER", of_expression)
    for name, run in runs.items():
        _annotate(tier, run, name, slots)
    for field in dict.fromkeys(field for run in runs.values() for field in run.fields):
        of_field = {
            "LINGUISTIC_TYPE_REF": _FIELD_TYPE,
            "PARENT_REF": tier_id,
            "TIER_ID": f"{tier_id} {field}",
        } | participant
        tier = ET.SubElement(root, "TIER", of_field)
        for name, run in runs.items():
            _add_value(tier, run.fields.get(field), f"{name}-{field}", name)


def _add_value(tier: ET.Element, value: object, name: str, parent: str) -> None:
    """Add the value of a field, if it is known, for an annotation of the parent tier."""
    if value is None or value == {}:
        return
    annotation = ET.SubElement(
        ET.SubElement(tier, "ANNOTATION"),
        "REF_ANNOTATION",
        {"ANNOTATION_ID": name, "ANNOTATION_REF": parent},
    )
    text = value if isinstance(value, str) else json.dumps(value)
    ET.SubElement(annotation, "ANNOTATION_VALUE").text = text


def _descriptor(path: Path) -> dict[str, str]:
    return {
        "MEDIA_URL": path.as_uri(),
        "MIME_TYPE": "video/mp4" if path.suffix.lower() in {".mp4", ".m4v"} else "video/*",
        "RELATIVE_MEDIA_URL": f"./{path.name}",
    }


def _milliseconds(run: LabelRun) -> tuple[int, int]:
    """Return the start and the end of a run, at least 1 ms apart, as ELAN requires."""
    start = round(run.start * 1000)
    return start, max(round(run.end * 1000), start + 1)


def _slots(runs: Sequence[LabelRun]) -> dict[int, str]:
    """Return the id of the time slot for each time in ms, in ascending order."""
    times = sorted({time for run in runs for time in _milliseconds(run)})
    return {time: f"ts{number}" for number, time in enumerate(times, start=1)}


def _annotate(tier: ET.Element, run: LabelRun, name: str, slots: Mapping[int, str]) -> None:
    start, end = _milliseconds(run)
    annotation = ET.SubElement(
        ET.SubElement(tier, "ANNOTATION"),
        "ALIGNABLE_ANNOTATION",
        {"ANNOTATION_ID": name, "TIME_SLOT_REF1": slots[start], "TIME_SLOT_REF2": slots[end]},
    )
    ET.SubElement(annotation, "ANNOTATION_VALUE").text = run.label


def _add_types(root: ET.Element) -> None:
    """Add the types of the tiers, the constraint of dependent tiers, and the label vocabulary."""
    ET.SubElement(
        root,
        "LINGUISTIC_TYPE",
        {
            "CONTROLLED_VOCABULARY_REF": _VOCABULARY,
            "GRAPHIC_REFERENCES": "false",
            "LINGUISTIC_TYPE_ID": _TYPE,
            "TIME_ALIGNABLE": "true",
        },
    )
    ET.SubElement(
        root,
        "LINGUISTIC_TYPE",
        {
            "CONSTRAINTS": _ASSOCIATION,
            "GRAPHIC_REFERENCES": "false",
            "LINGUISTIC_TYPE_ID": _FIELD_TYPE,
            "TIME_ALIGNABLE": "false",
        },
    )
    ET.SubElement(
        root,
        "LANGUAGE",
        {
            "LANG_DEF": "http://cdb.iso.org/lg/CDB-00138502-001",
            "LANG_ID": "eng",
            "LANG_LABEL": "English (eng)",
        },
    )
    association = "1-1 association with a parent annotation"
    constraint = {"DESCRIPTION": association, "STEREOTYPE": _ASSOCIATION}
    ET.SubElement(root, "CONSTRAINT", constraint)
    words = ET.SubElement(root, "CONTROLLED_VOCABULARY", {"CV_ID": _VOCABULARY})
    ET.SubElement(words, "DESCRIPTION", {"LANG_REF": "eng"})
    for label in (*(each.display_name for each in Expression), "unsure", "unreadable"):
        entry = ET.SubElement(words, "CV_ENTRY_ML", {"CVE_ID": f"cve-{label}"})
        ET.SubElement(entry, "CVE_VALUE", {"LANG_REF": "eng"}).text = label
