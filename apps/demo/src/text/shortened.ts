/** The text, or its start where it has more than `most` letters. */
export function shortened(text: string, most = 60): string {
  if (text.length <= most) return text;
  // No half of a surrogate pair at the end.
  const start = text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '');
  return `${start}…`;
}
