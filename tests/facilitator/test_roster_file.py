"""Reading lists of panelists that were pasted or uploaded."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.facilitator.forms import roster_file
from surveys.facilitator.forms.roster_file import RosterRow, RosterUnreadable, decoded, read_roster, written_roster

ANNA = RosterRow(1, "Anna Berg", "anna@example.org")


def faults(text: str, on_panel: tuple[str, ...] = (), staff: tuple[str, ...] = ()) -> list[str]:
    roster = read_roster(text, on_panel=on_panel, staff=staff)
    assert roster.rows == ()
    return [str(fault) for fault in roster.faults]


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_without_a_header_are_name_address_and_group(sign: str, end: str) -> None:
    text = end.join([f"Anna Berg{sign}anna@example.org", "", f"Bo Lind{sign}bo@example.org{sign}Nurse", ""])
    assert read_roster(text).rows == (ANNA, RosterRow(3, "Bo Lind", "bo@example.org", "Nurse"))


@pytest.mark.parametrize(
    "header", ["E-mail;Group;Name", "mail;GROUP;name", "﻿email address;group;Full name", '"E-Mail"; "group"; Name']
)
def test_a_header_may_name_the_columns_in_any_order(header: str) -> None:
    assert read_roster(f"{header}\nanna@example.org;;Anna Berg").rows == (
        RosterRow(2, "Anna Berg", "anna@example.org"),
    )


def test_quoted_cells_may_hold_the_sign_between_columns() -> None:
    assert read_roster('"Berg, Anna",anna@example.org').rows == (RosterRow(1, "Berg, Anna", "anna@example.org"),)


def test_a_semicolon_list_with_commas_in_its_names_is_read_by_semicolons() -> None:
    assert read_roster('"Berg, Anna";anna@example.org;x').rows[0].name == "Berg, Anna"


def test_a_bad_row_names_its_line_and_its_fault_and_nothing_is_read() -> None:
    text = "name,email\nBo,bo@example.org\n\nAnna,anna@\n,eve@example.org\nEve,\nCy,cy@example.org,Nurse"
    assert faults(text) == [
        "Line 4: “anna@” is not an e-mail address.",
        "Line 5: the name is missing.",
        "Line 6: the e-mail address is missing.",
        "Line 7: there are more than 2 columns.",
    ]


@pytest.mark.parametrize(
    "address", ["Anna <anna@example.org>", "anna@example.org\r\nBcc: x@example.org", "a b@example.org", "anna"]
)
def test_what_is_no_plain_address_is_refused(address: str) -> None:
    assert len(faults(f'Anna,"{address}"')) == 1


def test_an_address_twice_is_refused_however_it_is_capitalised() -> None:
    assert faults("A,anna@example.org\nB,ANNA@Example.org") == ["Line 2: ANNA@Example.org stands in line 1 already."]


def test_addresses_on_the_panel_and_of_the_staff_are_refused() -> None:
    text = "A,Anna@example.org\nB,boss@example.org"
    assert faults(text, on_panel=("anna@example.org",), staff=("Boss@example.org",)) == [
        "Line 1: Anna@example.org is on the panel already.",
        "Line 2: boss@example.org works on this study and cannot be one of its panelists.",
    ]


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\x08", "\x7f"])
def test_invisible_characters_are_refused_with_their_line(sign: str) -> None:
    assert faults(f"Bo,bo@example.org\nAn{sign}na,anna@example.org") == [
        "Line 2: it holds an invisible control character or the end of a line."
    ]


def test_an_open_quotation_mark_is_a_fault_of_the_line_where_it_stands() -> None:
    assert faults('Bo,bo@example.org\n"Anna,anna@example.org\nCy,cy@example.org') == [
        "Line 2: a quotation mark is not closed, or stands within a word."
    ]


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        (
            "name,email,phone",
            "Line 1: “phone” is not a column of the panel. Leave it out: name, e-mail address and group may stand.",
        ),
        ("name,group", "Line 1: there must be a column “name” and a column “email”."),
        ("name,mail,email", "Line 1: two columns are the panelist's email."),
    ],
)
def test_a_header_that_is_not_understood_is_the_only_fault(header: str, fault: str) -> None:
    assert faults(f"{header}\nAnna,anna@example.org,1") == [fault]


def test_something_beneath_a_column_without_a_heading_is_a_fault() -> None:
    assert faults("name,,email\nAnna,x,anna@example.org") == [
        "Line 2: there is something in a column without a heading."
    ]
    assert read_roster("name,,email\nAnna,,anna@example.org").rows[0].name == "Anna"


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (f"{'a' * 201},anna@example.org", "Line 1: the name is longer than 200 characters."),
        (f"Anna,{'a' * 250}@example.org", "Line 1: the e-mail address is longer than 254 characters."),
        (f"Anna,anna@example.org,{'a' * 61}", "Line 1: the group is longer than 60 characters."),
    ],
)
def test_what_is_too_long_is_refused(row: str, fault: str) -> None:
    assert faults(row) == [fault]


@pytest.mark.parametrize("text", ["", " \n ,, \n", "name,email\n"])
def test_a_list_without_panelists_is_refused(text: str) -> None:
    with pytest.raises(RosterUnreadable, match="no panelist"):
        read_roster(text)


def test_two_thousand_panelists_are_read_and_one_more_is_not() -> None:
    rows = [f"P{number},p{number}@example.org" for number in range(2001)]
    assert len(read_roster("\n".join(rows[:2000])).rows) == 2000
    with pytest.raises(RosterUnreadable, match="more than 2,000"):
        read_roster("\n".join(rows))


def test_a_list_that_is_too_long_is_refused_at_once() -> None:
    with pytest.raises(RosterUnreadable, match="too long"):
        read_roster("," * (roster_file.LONGEST_LIST + 1))


def test_a_hundred_thousand_columns_are_one_fault() -> None:
    assert faults("Anna,anna@example.org," + "x," * 90_000) == ["Line 1: there are more than 3 columns."]


def test_after_twenty_faults_reading_ends() -> None:
    assert len(faults("\n".join(f"A,{number}" for number in range(100)))) == 20


@pytest.mark.parametrize(
    "content",
    [
        "Ånna,å@example.org".encode(),
        codecs.BOM_UTF8 + "Ånna,å@example.org".encode(),
        "Ånna,å@example.org".encode("utf-16"),
        codecs.BOM_UTF16_BE + "Ånna,å@example.org".encode("utf-16-be"),
    ],
)
def test_utf_8_and_utf_16_are_read(content: bytes) -> None:
    assert decoded(content) == "Ånna,å@example.org"


def test_another_encoding_is_refused_with_the_line_where_it_fails() -> None:
    with pytest.raises(RosterUnreadable, match="Line 2: this is not UTF-8"):
        decoded("Bo,bo@example.org\nÅnna,anna@example.org".encode("latin-1"))
    with pytest.raises(RosterUnreadable, match="damaged"):
        decoded(codecs.BOM_UTF16_LE + b"\x00\xd8")


def test_a_file_of_more_than_a_megabyte_is_refused() -> None:
    with pytest.raises(RosterUnreadable, match="larger than 1 MB"):
        decoded(b"x" * (1024 * 1024 + 1))


@given(st.lists(st.tuples(st.sampled_from(["Anna", "=1+1", 'O"Neill', "Berg, A; B"]), st.integers(0, 10**6))))
def test_what_is_written_is_read_alike(people: list[tuple[str, int]]) -> None:
    rows = [
        RosterRow(line, name, f"p{number}@example.org", "=x")
        for line, (name, number) in enumerate({number: name for name, number in people}.items(), start=2)
        for name, number in [(number, name)]
    ]
    if rows:
        assert read_roster(written_roster(rows)).rows == tuple(rows)


@given(st.text(max_size=300))
def test_any_text_gives_rows_or_faults_or_is_unreadable(text: str) -> None:
    try:
        roster = read_roster(text)
    except RosterUnreadable:
        return
    assert bool(roster.rows) != bool(roster.faults)


@given(st.binary(max_size=300))
def test_any_file_is_text_or_unreadable(content: bytes) -> None:
    try:
        text = decoded(content)
    except RosterUnreadable:
        return
    assert isinstance(text, str)
