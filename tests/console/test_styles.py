"""Of the library's style sheet only what our pages can use is kept."""

from pathlib import Path

from apps.console.styles import css_kept, words_of


def test_rules_without_a_class_of_ours_go_and_all_others_stay() -> None:
    css = """@charset "UTF-8";:root{--a:1}.btn,.alert{color:red}.alert .btn{x:y}a:not(.alert){u:v}
    @media (min-width:1px){.alert{a:b}.btn:hover{c:d}}@media print{.alert{a:b}}@keyframes spin{to{x:y}}
    .i::after{content:"}"} .d-lg-none{display:none} .m-1\\.5{x:y}"""
    kept = css_kept(css, {"btn", "i", "d-lg-none"})
    assert kept == (
        '@charset "UTF-8";:root{--a:1}.btn{color:red}a:not(.alert){u:v}'
        "@media (min-width:1px){.btn:hover{c:d}}@keyframes spin{to{x:y}}"
        '.i::after{content:"}"}.d-lg-none{display:none}'
    )


def test_words_are_found_in_templates_and_scripts(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<p class="card-body{% if x %} wide{% endif %}">')
    assert {"card-body", "wide"} <= words_of([tmp_path / "a.html"])
