// Line icons on a grid of 20 x 20, in the colour of the text; always beside a label that says what they mean.

const shapes = {
  undo: 'M7 5 3 9l4 4M3 9h9a5 5 0 0 1 0 10H8',
  redo: 'm13 5 4 4-4 4M17 9H8a5 5 0 0 0 0 10h4',
  plus: 'M10 4v12M4 10h12',
  copy: 'M7 7h9v9H7zM4 13V4h9',
  marquee: 'M4 6V4h2M9 4h2M14 4h2v2M16 9v2M16 14v2h-2M11 16H9M6 16H4v-2M4 11V9',
  clip: 'M6 3h8v14l-4-3-4 3z',
  paste: 'M7 4H5v13h10V4h-2M7 3h6v3H7zM8 11h4M8 14h4',
  trash: 'M4 6h12M8 6V4h4v2M6 6l.7 10h6.6L14 6',
  magnet: 'M5 4v6a5 5 0 0 0 10 0V4h-3v6a2 2 0 0 1-4 0V4zM5 7h3M12 7h3',
  link: 'M8.5 11.5a3 3 0 0 0 4.3 0l2.6-2.6a3 3 0 0 0-4.3-4.3L10 5.7M11.5 8.5a3 3 0 0 0-4.3 0L4.6 11.1a3 3 0 0 0 4.3 4.3L10 14.3',
  save: 'M10 3v9m0 0 3.5-3.5M10 12 6.500 8.5M4 15v2h12v-2',
  open: 'M10 13V4m0 0L6.500 7.500M10 4l3.500 3.500M4 15v2h12v-2',
  dice: 'M4 4h12v12H4zM7.500 7.500h.01M12.500 7.500h.01M10 10h.01M7.500 12.500h.01M12.500 12.500h.01',
  stop: 'M6 6h8v8H6z',
  up: 'M10 16V5m0 0L5.500 9.500M10 5l4.500 4.500',
  down: 'M10 4v11m0 0 4.500-4.500M10 15l-4.500-4.500',
  close: 'm5 5 10 10M15 5 5 15',
  sun: 'M10 6.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7zM10 1.500v2M10 16.500v2M1.500 10h2M16.500 10h2M4 4l1.400 1.400M14.600 14.600 16 16M16 4l-1.400 1.400M5.400 14.600 4 16',
  moon: 'M16 12.500A7 7 0 0 1 7.500 4a7 7 0 1 0 8.500 8.500z',
  auto: 'M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14',
  help: 'M7.500 7.500a2.500 2.500 0 1 1 3.600 2.200c-.8.4-1.100.9-1.100 1.800M10 14.500h.01M10 2.500a7.500 7.500 0 1 0 0 15 7.500 7.500 0 0 0 0-15z',
} as const;

export type IconName = keyof typeof shapes;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={shapes[name]} />
    </svg>
  );
}
