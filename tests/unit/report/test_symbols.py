"""Subscripts of symbols on pages; those of figures are tested with the figures' style."""

from temperance.report.symbols import set_subscripts


def test_symbols_of_a_page_s_text_have_subscripts_and_nothing_else_changes():
    html = (
        '<title>τ_f</title><p title="τ_f">Of τ_f, τ_train and Q_τ; p_nat, τ, aτ_f.</p><svg aria-label="τ_r">\n'
        "<text>τ_r</text></svg><style>τ_J</style><script>let τ_J = 1 < 2;</script> τ_J"
    )
    assert set_subscripts(html) == (
        '<title>τ_f</title><p title="τ_f">Of τ<sub>f</sub>, τ<sub>train</sub> and Q<sub>τ</sub>; p_nat, τ, aτ_f.</p>'
        '<svg aria-label="τ_r">\n<text>τ_r</text></svg><style>τ_J</style><script>let τ_J = 1 < 2;</script> '
        "τ<sub>J</sub>"
    )
    # What has subscripts keeps them.
    assert set_subscripts(set_subscripts(html)) == set_subscripts(html)
