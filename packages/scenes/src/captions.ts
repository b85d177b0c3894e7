import { checkList, checkMethods, checkObject } from '@spatiallock/core/checks';
import { wordsOf } from '@spatiallock/core/pipeline';
import { type Background, backgrounds } from './backgrounds.js';
import { classes, type Noun, type SceneClass, withArticle } from './classes.js';
import type { ColourWord } from './colours/rule.js';
import { allowedColours } from './colours/wardrobe.js';
import type { SceneRandom } from './random.js';

/** What a caption says of one object: which class, by which noun, with which adjective, if any. */
export interface Naming {
  readonly index: number;
  readonly noun: Noun;
  /** A colour or a look. */
  readonly adjective?: string;
  readonly colour?: ColourWord;
}

const openings = ['', 'a photo of', 'a picture of', 'an image of', 'a scene with'] as const;
const openingWeights = [5, 2, 2, 1, 1];
const numbers = ['', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];
const forms = ['one', 'the', 'bare'] as const;
const formWeights = [6, 2, 2];

/** How a caption is built around its list of objects. */
const templates = ['list place', 'place, list', 'there list place', 'place there list'] as const;
const templateWeights = [7, 1.5, 1.5, 1];

type Form = (typeof forms)[number];

/** Both spellings of grey are in use. */
const spellings = (colour: ColourWord): readonly string[] =>
  colour === 'grey' ? ['grey', 'gray'] : [colour];

function nounPhrase(noun: Noun, adjective: string | undefined, form: Form): string {
  const bare = adjective ? `${adjective} ${noun.bare}` : noun.bare;
  if (form === 'bare') return bare;
  return form === 'the' ? `the ${bare}` : adjective ? withArticle(bare) : noun.one;
}

function checkEntry(entry: unknown): void {
  const { nouns, looks } = checkObject(entry, 'entry');
  checkList(nouns, 'entry.nouns', 'nouns');
  checkList(looks, 'entry.looks', 'texts');
}

function checkRandom(rng: unknown): void {
  checkMethods(
    rng,
    ['chance', 'pick', 'shuffle', 'weighted'],
    'rng',
    'random numbers, as sceneRandom() gives',
  );
}

/**
 * Chooses how an object is called: the first noun in half of all cases; its colour when it has one, otherwise an
 * adjective now and then.
 */
export function nameOf(entry: SceneClass, rng: SceneRandom, colour?: ColourWord): Naming {
  checkEntry(entry);
  checkRandom(rng);
  const noun = rng.chance(0.5) ? entry.nouns[0] : rng.pick(entry.nouns);
  if (colour) return { index: entry.index, noun, adjective: rng.pick(spellings(colour)), colour };
  const look = entry.looks.length > 0 && rng.chance(0.2) ? rng.pick(entry.looks) : undefined;
  return { index: entry.index, noun, adjective: look };
}

/** A phrase for one object, such as "a puppy", "the dog" or "blue dog". */
export function phraseOf(entry: SceneClass, rng: SceneRandom, naming: Naming = nameOf(entry, rng)): string {
  checkRandom(rng);
  checkObject(checkObject(naming, 'naming').noun, 'naming.noun');
  return nounPhrase(naming.noun, naming.adjective, forms[rng.weighted(formWeights)]);
}

/** "a", "a and b", "a, b and c" */
function joined(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`;
}

/** "two red apples" for objects of one class and colour, "a red apple" for one alone. */
function counted(group: readonly Naming[]): string {
  const [{ noun, adjective }] = group;
  if (group.length === 1) return nounPhrase(noun, adjective, 'one');
  return [numbers[group.length], adjective, noun.many].filter(Boolean).join(' ');
}

/** Objects of one class and colour are counted together. */
function grouped(namings: readonly Naming[]): Naming[][] {
  const groups = new Map<string, Naming[]>();
  for (const naming of namings) {
    const key = `${naming.index} ${naming.colour ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), naming]);
  }
  return [...groups.values()];
}

/**
 * A caption for named objects before a background, such as "a picture of two apples and a blue dog on a beach".
 * The order of the objects in it is random. Without a background it names the objects alone.
 */
export function captionOf(
  namings: readonly Naming[],
  background: Background | undefined,
  rng: SceneRandom,
): string {
  checkList(namings, 'namings', 'namings');
  if (background !== undefined)
    checkList(checkObject(background, 'background').places, 'background.places', 'texts');
  checkRandom(rng);
  const groups = rng.shuffle(grouped(namings));
  const list = joined(groups.map(counted));
  const there = groups[0]?.length > 1 ? 'there are' : 'there is';
  const opening = openings[rng.weighted(openingWeights)];
  const template = templates[rng.weighted(templateWeights)];
  const place = background ? rng.pick(background.places) : '';
  const parts = {
    'list place': [opening, list, place],
    'place, list': [place && `${place},`, list],
    'there list place': [there, list, place],
    'place there list': [place, there, list],
  }[template];
  return parts.filter(Boolean).join(' ');
}

/** Every phrase that `phraseOf` can return for a class, without repetition. */
export function phrasesOf(entry: SceneClass): string[] {
  checkEntry(entry);
  const worn = allowedColours[entry.index] ?? [];
  const adjectives = [undefined, ...entry.looks, ...worn.flatMap(spellings)];
  const all = entry.nouns.flatMap((noun) =>
    adjectives.flatMap((adjective) => forms.map((form) => nounPhrase(noun, adjective, form))),
  );
  return [...new Set(all)];
}

/** Every phrase of every class. */
export const allPhrases = (): string[] => classes.flatMap(phrasesOf);

/** Every word of every caption and phrase, with the comma, sorted: the ground of a tokenizer's vocabulary. */
export function allWords(): string[] {
  const texts = [
    ...allPhrases(),
    ...classes.flatMap((entry) => entry.nouns.map((noun) => noun.many)),
    ...backgrounds.flatMap((background) => background.places),
    ...openings,
    ...numbers,
    'there is are and ,',
  ];
  return [...new Set(texts.flatMap(wordsOf))].sort();
}
