export { classChart } from './chart.js';
export { countsChart, histogram, placesScatter } from './distributions.js';
export { letter } from './lettering.js';
export { boxColour, boxColours, boxesSvg } from './overlay.js';
export { reportPage } from './page.js';
export { pageStyle } from './style.js';
export { escapeMarkup, SvgDocument, SvgElement } from './svgDocument.js';
