from __future__ import annotations

import logging
from pathlib import Path

import pytest

from roomread.errors import RoomreadError
from roomread.services.purpose import (
    DESCRIPTIONS,
    REGIONS,
    Activity,
    PurposeError,
    PurposeFixedError,
    allows,
    choose_use,
    current_use,
    require,
)
from roomread.settings.intended_use import IntendedUse, Purpose, Region, settings_file

ALWAYS = {Activity.SELF_REPORT, Activity.READ_DEMONSTRATION, Activity.READ_ONESELF}
PICTURES = ALWAYS | {Activity.READ_OTHERS}
EVERYTHING = set(Activity)
# The row of each purpose: without a region, in the European Union, and outside it.
ALLOWED = {
    None: (PICTURES, PICTURES, PICTURES),
    Purpose.PERSONAL: (PICTURES, PICTURES, PICTURES),
    Purpose.RESEARCH: (EVERYTHING, EVERYTHING, EVERYTHING),
    Purpose.MEDICAL: (EVERYTHING, EVERYTHING, EVERYTHING),
    Purpose.WORK_OR_SCHOOL: (ALWAYS, ALWAYS, EVERYTHING),
}


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("ROOMREAD_PURPOSE", raising=False)
    monkeypatch.delenv("ROOMREAD_REGION", raising=False)


@pytest.mark.parametrize("purpose", [None, *Purpose])
def test_each_purpose_and_region_allows_only_the_listed_activities(purpose: Purpose | None) -> None:
    regions = (None, Region.EU, Region.ELSEWHERE)
    for region, allowed in zip(regions, ALLOWED[purpose], strict=True):
        use = IntendedUse(purpose, region)
        assert {activity for activity in Activity if allows(activity, use)} == allowed


def test_error_for_a_prohibited_use_names_the_article_of_the_ai_act() -> None:
    with pytest.raises(PurposeError, match=r"Article 5\(1\)\(f\)"):
        require(Activity.READ_OTHERS, IntendedUse(Purpose.WORK_OR_SCHOOL, Region.EU))
    with pytest.raises(PurposeError, match="no region was chosen"):
        require(Activity.READ_OTHERS, IntendedUse(Purpose.WORK_OR_SCHOOL))


def test_intended_use_comes_from_the_settings_by_default() -> None:
    with pytest.raises(PurposeError, match="no purpose was chosen"):
        require(Activity.RECORD_CLASS)
    choose_use(IntendedUse(Purpose.PERSONAL))
    with pytest.raises(PurposeError, match="for its user alone"):
        require(Activity.RECORD_CLASS)
    choose_use(IntendedUse(Purpose.RESEARCH, Region.EU))
    assert require(Activity.RECORD_CLASS) == IntendedUse(Purpose.RESEARCH, Region.EU)


def test_choosing_a_purpose_keeps_the_region() -> None:
    choose_use(IntendedUse(Purpose.RESEARCH, Region.ELSEWHERE))
    choose_use(IntendedUse(Purpose.WORK_OR_SCHOOL))
    assert current_use() == IntendedUse(Purpose.WORK_OR_SCHOOL, Region.ELSEWHERE)


def test_purpose_set_by_an_environment_variable_cannot_be_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    choose_use(IntendedUse(Purpose.RESEARCH))
    monkeypatch.setenv("ROOMREAD_PURPOSE", "medical")
    assert current_use().purpose is Purpose.MEDICAL
    with pytest.raises(PurposeFixedError, match=r"'medical' by .* ROOMREAD_PURPOSE"):
        choose_use(IntendedUse(Purpose.PERSONAL))


def test_choosing_a_purpose_keeps_the_other_settings() -> None:
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text("max_cameras = 3\n")
    choose_use(IntendedUse(Purpose.PERSONAL))
    assert "max_cameras = 3" in settings_file().read_text()


def test_choice_of_a_purpose_is_written_to_the_audit_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="roomread.audit"):
        choose_use(IntendedUse(Purpose.WORK_OR_SCHOOL, Region.EU), who="user:1")
    (record,) = caplog.records
    assert record.getMessage() == "purpose chosen"
    fields = record.__dict__["fields"]
    assert fields == {"who": "user:1", "purpose": "work-or-school", "region": "eu"}


def test_damaged_settings_raise_an_error_and_do_not_count_as_no_purpose() -> None:
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text('purpose = "fun"\n')
    with pytest.raises(RoomreadError, match="purpose"):
        current_use()


def test_every_purpose_and_region_is_described() -> None:
    assert set(DESCRIPTIONS) == set(Purpose)
    assert set(REGIONS) == set(Region)
