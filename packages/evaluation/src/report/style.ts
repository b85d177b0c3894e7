/** How the report looks, in light and in dark. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f7f6f3, #15161a);
  --card: light-dark(#fff, #1e2026);
  --ink: light-dark(#1c1c22, #ececf1);
  --soft: light-dark(#6a6a76, #9a9aa8);
  --line: light-dark(#e4e2dc, #30323a);
  --bar: light-dark(#3f6fd8, #6d97f5);
  --real: light-dark(#d9822b, #f0a652);
  --bad: light-dark(#c0392b, #ff7a6b);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2.5rem 1.5rem 5rem; max-width: 76rem;
  background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums;
}
h1 { margin: 0 0 .4rem; font-size: clamp(1.5rem, 4vw, 2.2rem); line-height: 1.15; letter-spacing: -.02em; }
h2 { margin: 2.8rem 0 .8rem; font-size: 1.15rem; letter-spacing: -.01em; }
header p { margin: 0; max-width: 62ch; color: var(--soft); }
header .kicker { margin-bottom: .5rem; font-size: .85rem; color: var(--bar); font-weight: 600; }
.tiles { display: grid; gap: 1rem; margin-top: 1.8rem; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); }
.tile { display: flex; flex-direction: column; padding: 1rem 1.1rem; border-radius: .7rem; background: var(--card); border: 1px solid var(--line); }
.tile span, .tile small, .note { color: var(--soft); font-size: .85rem; }
.tile strong { font-size: 2.1rem; font-weight: 650; letter-spacing: -.03em; line-height: 1.3; }
.scroll, .chart { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { padding: .5rem .8rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child { text-align: left; font-weight: 500; padding-left: 0; }
thead th { color: var(--soft); font-weight: 500; }
.key { display: inline-block; width: .8rem; height: .8rem; margin: 0 .2rem 0 .8rem; vertical-align: -1px; border-radius: 2px; }
.key.bar { background: var(--bar); margin-left: 0; }
.key.real { background: var(--real); width: 3px; border-radius: 0; }
.controls { display: flex; flex-wrap: wrap; gap: .4rem 1.4rem; margin-bottom: 1rem; font-size: .9rem; }
.cards { display: grid; gap: 1.2rem; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
figure { margin: 0; border-radius: .7rem; overflow: hidden; background: var(--card); border: 1px solid var(--line); }
.frame { position: relative; }
.frame img { display: block; width: 100%; height: auto; }
.frame svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.frame rect { fill: none; stroke-width: 2px; vector-effect: non-scaling-stroke; }
.frame .asked { stroke-dasharray: 5 4; }
body:not(:has(#show-asked:checked)) .asked, body:not(:has(#show-seen:checked)) .seen,
body:not(:has(#show-real:checked)) .frame.real, body:has(#show-real:checked) .frame.generated { display: none; }
figcaption { padding: .7rem .9rem .9rem; font-size: .85rem; }
figcaption p { margin: 0 0 .4rem; }
figcaption small { color: var(--soft); white-space: nowrap; }
figcaption ul { margin: 0; padding: 0; list-style: none; }
figcaption li { display: flex; justify-content: space-between; gap: .6rem; padding-left: 1rem; position: relative; }
figcaption li::before { content: ''; position: absolute; left: 0; top: .42em; width: .6rem; height: .6rem; border-radius: 2px; background: var(--c); }
figcaption li b { font-weight: 500; }
figcaption .missed b { color: var(--bad); }
`;
