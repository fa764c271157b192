"""Lines that add tasks, generated: titles, days, names and priorities in any order and script."""

from __future__ import annotations

from hypothesis import strategies as st

_TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs", "Co", "Cn")), min_size=1, max_size=8)
_DAYS = ("tomorrow", "in 3 days", "24.12.", "3/4", "next friday", "every friday", r"\friday", "1")
_SIGNED = (
    *("#web", "#Website", '#"new shop"', "#new shop", "#nowhere", "#12", r"\#x", "#É", "#"),
    *("@ana", '@"Ana Lind"', "@nobody", "@", "a@b.org"),
    *("!high", "!u", "!", "!!", "!soon", r"\!low"),
)
QUICK_LINES = st.lists(
    st.one_of(st.sampled_from(_DAYS), st.sampled_from(_SIGNED), _TEXT, st.just("Buy paint")),
    min_size=1,
    max_size=6,
).map(" ".join)
"""Any line, those among them that cannot be taken."""

TAKEN_LINES = (
    st.lists(
        st.one_of(
            st.sampled_from(_DAYS),
            st.sampled_from([each for each in _SIGNED if each != "!soon"]),
            _TEXT.map(lambda text: text.replace("!", "")),
        ),
        min_size=1,
        max_size=5,
    )
    .map(" ".join)
    .map("Buy {}".format)
)
"""Lines of which nearly all can be taken."""
