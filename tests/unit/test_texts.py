"""`JoinedLines` is a list of texts, whatever is done to it and in whichever form it is at the moment."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from syncd.model.joined import JoinedLines, joined
from syncd.model.key_codes import are_distinct, codes_of

LINES = st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=3))
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["extend", "of", "append", "set", "del", "first", "cut", "join", "read"]), LINES
    ),
    max_size=8,
)


def both_ways(lines: list[str]) -> JoinedLines:
    """Joined, where there is something to join."""
    return JoinedLines.of("\n".join(lines), len(lines)) if lines else JoinedLines()


@given(LINES, STEPS)
def test_it_is_a_list(lines: list[str], steps: list[tuple[str, list[str]]]) -> None:
    """Every change gives what it gives to a list, and what was made of it is made anew."""
    texts, model = both_ways(lines), list(lines)
    for step, more in steps:
        match step:
            case "extend" | "of":
                other = both_ways(more) if step == "of" else JoinedLines(more)
                texts.extend(other)
                model.extend(more)
                assert other == more
            case "append":
                texts.append("x")
                model.append("x")
            case "set" if model:
                texts[0] = model[0] = "y"
            case "del" if model:
                del texts[-1]
                del model[-1]
            case "first" if model:
                texts = texts.without_first()
                del model[0]
            case "cut":
                texts, rest = texts.cut(len(more))
                assert rest == model[len(more) :]
                assert rest.joined == joined(model[len(more) :])
                del model[len(more) :]
            case "join":
                assert texts.joined == joined(model)
            case _:
                assert texts == model
        assert len(texts) == len(model)
        assert texts.once(len) == len(model)
        assert texts[:1] + texts[-1:] == model[:1] + model[-1:]
        assert not model or (texts[0], texts[-1]) == (model[0], model[-1])
    assert list(texts) == model


def test_an_empty_text_is_one_text() -> None:
    """A page of one empty line is not an empty page."""
    assert list(JoinedLines.of("", 1)) == [""]
    assert list(JoinedLines()) == []


def test_another_that_is_taken_over_stays_what_it_is() -> None:
    """What is added to a chunk does not change the page."""
    page, chunk = JoinedLines.of("a\nb", 2), JoinedLines()
    chunk.extend(page)
    chunk[0] = "c"
    assert (list(page), list(chunk)) == (["a", "b"], ["c", "b"])


@given(st.lists(st.integers(0, 50).map(lambda number: f'["{number}"]')))
def test_codes_are_made_anew_when_keys_change(keys: list[str]) -> None:
    """They are remembered for as long as the keys stay."""
    texts = both_ways(keys)
    assert codes_of(texts) is codes_of(texts)
    assert are_distinct([codes_of(texts)]) == (len(set(keys)) == len(keys))
    texts.append('["77"]')
    assert codes_of(texts).tolist() == [*codes_of(keys).tolist(), 77]
