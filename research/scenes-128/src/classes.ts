/** A way to name a class: the singular with its article, the bare noun and the plural. */
export interface Noun {
  /** "an apple", "a bunch of grapes" */
  readonly one: string;
  /** "apple", "bunch of grapes" */
  readonly bare: string;
  /** "apples", "bunches of grapes" */
  readonly many: string;
}

/** One of the 64 things that a scene can hold. */
export interface SceneClass {
  /** Position in `classes`, 0..63. */
  readonly index: number;
  /** The name used in data sets and evaluations, such as "ice cream". */
  readonly label: string;
  readonly group: 'animal' | 'food' | 'vehicle' | 'thing';
  /** File name in `@lobehub/fluent-emoji-3d/assets` without ".webp". */
  readonly asset: string;
  /** Names in use, the most common first. */
  readonly nouns: readonly Noun[];
  /** Adjectives that are true of this picture. */
  readonly looks: readonly string[];
}

type Row = readonly [group: SceneClass['group'], asset: string, nouns: string, looks?: string];

// Nouns are separated by commas; "/plural" where the plural is not noun + "s".
const rows: readonly Row[] = [
  ['animal', '1f436', 'dog, puppy/puppies', 'brown'],
  ['animal', '1f431', 'cat, kitten, kitty/kitties', 'orange'],
  ['animal', '1f430', 'rabbit, bunny/bunnies', 'white'],
  ['animal', '1f98a', 'fox/foxes', 'orange'],
  ['animal', '1f43c', 'panda, panda bear'],
  ['animal', '1f981', 'lion', 'brown'],
  ['animal', '1f42e', 'cow, calf/calves', 'spotted'],
  ['animal', '1f437', 'pig, piglet', 'pink'],
  ['animal', '1f438', 'frog, toad', 'green'],
  ['animal', '1f427', 'penguin'],
  ['animal', '1f424', 'chick, baby chicken', 'yellow'],
  ['animal', '1f986', 'duck, mallard'],
  ['animal', '1f989', 'owl', 'brown'],
  ['animal', '1f40e', 'horse, pony/ponies', 'brown'],
  ['animal', '1f41d', 'bee, honeybee, bumblebee', 'striped'],
  ['animal', '1f98b', 'butterfly/butterflies', 'orange'],
  ['animal', '1f40c', 'snail', 'brown'],
  ['animal', '1f41e', 'ladybug, ladybird', 'red'],
  ['animal', '1f422', 'turtle, tortoise', 'green'],
  ['animal', '1f419', 'octopus/octopuses', 'orange'],
  ['animal', '1f980', 'crab', 'red'],
  ['animal', '1f420', 'fish/fish, tropical fish/tropical fish', 'blue'],
  ['animal', '1f40b', 'whale', 'blue'],
  ['animal', '1f418', 'elephant', 'gray, grey'],
  ['animal', '1f99c', 'parrot, macaw', 'colorful, colourful'],
  ['animal', '1f996', 'dinosaur, t-rex/t-rexes, dino', 'green'],
  ['food', '1f34e', 'apple', 'red'],
  ['food', '1f34a', 'orange, tangerine'],
  ['food', '1f34c', 'banana', 'yellow'],
  ['food', '1f349', 'watermelon, slice of watermelon/slices of watermelon', 'red'],
  ['food', '1f347', 'bunch of grapes/bunches of grapes', 'purple'],
  ['food', '1f353', 'strawberry/strawberries', 'red'],
  ['food', '1f955', 'carrot', 'orange'],
  ['food', '1f344', 'mushroom, toadstool', 'red'],
  ['food', '1f354', 'hamburger, burger, cheeseburger'],
  ['food', '1f35f', 'box of fries/boxes of fries, bag of fries/bags of fries'],
  ['food', '1f355', 'pizza, slice of pizza/slices of pizza'],
  ['food', '1f369', 'donut, doughnut', 'chocolate'],
  ['food', '1f382', 'cake, birthday cake'],
  ['food', '1f9c1', 'cupcake, muffin', 'pink'],
  ['food', '1f366', 'ice cream, ice cream cone', 'vanilla'],
  ['food', '2615', 'cup of coffee/cups of coffee, coffee cup, coffee', 'hot'],
  ['vehicle', '1f697', 'car, automobile', 'red'],
  ['vehicle', '1f68c', 'bus/buses', 'orange'],
  ['vehicle', '1f69c', 'tractor', 'green'],
  ['vehicle', '1f682', 'train, locomotive, steam engine'],
  ['vehicle', '2708-fe0f', 'airplane, plane, aeroplane'],
  ['vehicle', '1f680', 'rocket, spaceship'],
  ['vehicle', '26f5', 'sailboat, boat, sailing boat', 'yellow'],
  ['vehicle', '1f681', 'helicopter, chopper', 'orange'],
  ['thing', '1f3e0', 'house, cottage, home', 'orange'],
  ['thing', '1f333', 'tree', 'green'],
  ['thing', '1f33b', 'sunflower, flower', 'yellow'],
  ['thing', '1f335', 'cactus/cacti', 'green'],
  ['thing', '1f381', 'gift, present, gift box/gift boxes', 'yellow'],
  ['thing', '26bd', 'soccer ball, football, ball'],
  ['thing', '1f3b8', 'guitar, electric guitar', 'red'],
  ['thing', '2602-fe0f', 'umbrella', 'purple'],
  ['thing', '2b50', 'star', 'yellow, golden'],
  ['thing', '2764-fe0f', 'heart', 'red'],
  ['thing', '26c4', 'snowman/snowmen', 'white'],
  ['thing', '1f451', 'crown', 'golden'],
  ['thing', '1f916', 'robot, robot head', 'white'],
  ['thing', '23f0', 'alarm clock, clock', 'red'],
];

/** "a" or "an" before a word; "uniform"-like exceptions do not occur here. */
export const withArticle = (words: string): string => `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;

function noun(text: string): Noun {
  const [bare, many] = text.trim().split('/');
  return { one: withArticle(bare), bare, many: many ?? `${bare}s` };
}

const labels: Readonly<Record<string, string>> = {
  '1f347': 'grapes',
  '1f35f': 'fries',
  '2615': 'coffee',
};

const words = (list: string | undefined): string[] =>
  (list ?? '').split(',').flatMap((word) => word.trim() || []);

/** The 64 classes, in a fixed order: `classes[i].index === i`. */
export const classes: readonly SceneClass[] = rows.map(([group, asset, names, looks], index) => {
  const nouns = words(names).map(noun);
  return { index, label: labels[asset] ?? nouns[0].bare, group, asset, nouns, looks: words(looks) };
});

/** The labels in the order of `classes`. */
export const classLabels: readonly string[] = classes.map((entry) => entry.label);

/** Finds a class by its label; throws an error that lists the labels when there is none. */
export function classOf(label: string): SceneClass {
  const found = classes.find((entry) => entry.label === label);
  if (!found)
    throw new Error(`label: "${label}" is not a class of the scenes; use one of ${classLabels.join(', ')}`);
  return found;
}
