"""The look of the hosted pages: plain CSS, light and dark, from 320 pixels up."""

CSS = """
:root { color-scheme: light dark;
  --back: #f6f7f9; --card: #fff; --ink: #1b2430; --soft: #5b6675; --line: #d9dee6; --edge: #8b95a5;
  --accent: #4f46e5;
  --accent-ink: #fff; --bad: #b42318; --bad-back: #fef1f0; --good: #067647; --note: #fff6dc; --note-ink: #6b4e00; }
@media (prefers-color-scheme: dark) { :root {
  --back: #10141b; --card: #191f29; --ink: #eef1f6; --soft: #a3aebd; --line: #333c4a; --edge:
  #687587; --accent: #8b85ff;
  --accent-ink: #10121f; --bad: #ff9b8f; --bad-back: #3a1f1d; --good: #6fdca6; --note: #3a3110;
  --note-ink: #f6dc8b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
.ribbon { background: var(--note); color: var(--note-ink); text-align: center; padding: .5rem 1rem;
  font-size: .875rem; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 3rem; display: grid; gap: 2rem; }
@media (min-width: 52rem) { main.pay { grid-template-columns: 1fr 26rem; padding-top: 4rem; gap: 4rem; } }
main.said { max-width: 34rem; padding-top: 4rem; }
h1 { font-size: 1rem; font-weight: 500; color: var(--soft); margin: 0; }
h2 { font-size: 1.125rem; margin: 0 0 1rem; }
.said h1 { font-size: 1.5rem; color: var(--ink); font-weight: 600; }
.amount { font-size: 2.5rem; font-weight: 650; letter-spacing: -.02em; margin: .125rem 0 1.5rem;
  font-variant-numeric: tabular-nums; }
.back { display: inline-block; margin-bottom: 1.5rem; color: var(--soft); text-decoration: none; }
.back:hover { color: var(--ink); text-decoration: underline; }
.lines { list-style: none; margin: 0; padding: 0; }
.lines li { display: flex; justify-content: space-between; gap: 1rem; padding: .75rem 0;
  border-top: 1px solid var(--line); }
.lines .total { font-weight: 600; }
.lines small, .hint { color: var(--soft); font-size: .875rem; display: block; }
.sum { white-space: nowrap; font-variant-numeric: tabular-nums; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.5rem; }
label { display: block; font-size: .875rem; font-weight: 500; margin-bottom: 1rem; }
input[type=text], input[type=email] { display: block; width: 100%; margin-top: .25rem; padding: .625rem .75rem;
  min-height: 2.75rem; font: inherit; color: inherit; background: var(--back); border: 1px solid var(--edge);
  border-radius: .5rem; }
input:focus-visible, button:focus-visible, a:focus-visible, summary:focus-visible {
  outline: 2px solid var(--accent); outline-offset: 2px; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 0 .75rem; }
fieldset { border: 0; padding: 0; margin: 0 0 1rem; }
legend { padding: 0; font-size: .875rem; font-weight: 500; margin-bottom: .25rem; }
.choice { display: flex; gap: .625rem; align-items: flex-start; padding: .625rem .75rem; margin: 0 0 .5rem;
  border: 1px solid var(--line); border-radius: .5rem; cursor: pointer; font-weight: 500; }
.choice:has(:checked) { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
.choice input { margin: .25rem 0 0; accent-color: var(--accent); }
form:has([name=saved]):not(:has([value=another]:checked)) .for-typed { display: none; }
form:has([value=bank]:checked) .for-card { display: none; }
form:not(:has([value=bank]:checked)) .for-bank { display: none; }
button { width: 100%; min-height: 3rem; font: inherit; font-weight: 600; border-radius: .5rem; cursor: pointer;
  border: 1px solid var(--accent); background: var(--accent); color: var(--accent-ink); }
button.second { background: transparent; color: var(--ink); border-color: var(--line); margin-top: .75rem; }
button.small { width: auto; min-height: 2.25rem; padding: .25rem .75rem; font-size: .875rem;
  font-weight: 500; background: transparent; color: var(--ink); border-color: var(--edge); }
.acts { display: flex; gap: .5rem; align-items: center; }
.mark { color: var(--good) !important; padding: 0 .5rem; }
.name { font-size: 1.5rem; font-weight: 600; margin: .125rem 0 1.5rem; overflow-wrap: anywhere; }
button:hover { filter: brightness(1.08); }
.alert { background: var(--bad-back); color: var(--bad); border: 1px solid currentColor; border-radius: .5rem;
  padding: .625rem .75rem; margin: 0 0 1rem; }
.cancel { display: block; text-align: center; margin-top: 1rem; color: var(--soft); }
details { margin-top: 1.5rem; color: var(--soft); font-size: .875rem; }
summary { cursor: pointer; color: var(--ink); }
table { border-collapse: collapse; width: 100%; margin-top: .5rem; }
td { padding: .3rem 0; border-top: 1px solid var(--line); vertical-align: top; }
td:first-child { padding-right: .75rem; white-space: nowrap; font-variant-numeric: tabular-nums;
  color: var(--ink); }
footer { color: var(--soft); font-size: .8125rem; margin-top: 2rem; }
a { color: var(--accent); }
"""
