import { checkList, checkMethods, checkObject } from '@spatiallock/core/checks';
import { wordsOf } from '@spatiallock/core/pipeline';
import type { SceneRandom } from '@spatiallock/scenes/web';
import { type Background, backgrounds } from './backgrounds.js';
import { classes, type Noun, type SceneClass, withArticle } from './classes.js';

/** What a caption says of one object: which class, by which noun, with which adjective, if any. */
export interface Naming {
  readonly index: number;
  readonly noun: Noun;
  readonly look?: string;
}

const openings = ['', 'a photo of', 'a picture of', 'an image of'] as const;
const openingWeights = [5, 2, 2, 1];
const numbers = ['', 'one', 'two', 'three', 'four', 'five', 'six'];
const forms = ['one', 'the', 'bare'] as const;
const formWeights = [6, 2, 2];

type Form = (typeof forms)[number];

function nounPhrase(noun: Noun, look: string | undefined, form: Form): string {
  const bare = look ? `${look} ${noun.bare}` : noun.bare;
  if (form === 'bare') return bare;
  return form === 'the' ? `the ${bare}` : look ? withArticle(bare) : noun.one;
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

/** Chooses how a class is called: the first noun in half of all cases, an adjective in a quarter. */
export function nameOf(entry: SceneClass, rng: SceneRandom): Naming {
  checkEntry(entry);
  checkRandom(rng);
  const noun = rng.chance(0.5) ? entry.nouns[0] : rng.pick(entry.nouns);
  const look = entry.looks.length > 0 && rng.chance(0.25) ? rng.pick(entry.looks) : undefined;
  return { index: entry.index, noun, look };
}

/** A phrase for one object, such as "a puppy", "the dog" or "brown dog". */
export function phraseOf(entry: SceneClass, rng: SceneRandom, naming: Naming = nameOf(entry, rng)): string {
  return nounPhrase(naming.noun, naming.look, forms[rng.weighted(formWeights)]);
}

/** "a", "a and b", "a, b and c" */
function joined(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`;
}

/** "two red apples" for objects of one class, "a red apple" for one alone. */
function counted(group: readonly Naming[]): string {
  const [{ noun, look }] = group;
  if (group.length === 1) return nounPhrase(noun, look, 'one');
  return [numbers[group.length], look, noun.many].filter(Boolean).join(' ');
}

/**
 * A caption for up to six named objects before a background, such as
 * "a picture of two apples and a dog on a beach". The order of the objects in it is random.
 */
export function captionOf(namings: readonly Naming[], background: Background, rng: SceneRandom): string {
  checkList(namings, 'namings', 'namings');
  checkList(checkObject(background, 'background').places, 'background.places', 'texts');
  checkRandom(rng);
  const groups = new Map<number, Naming[]>();
  for (const naming of namings) groups.set(naming.index, [...(groups.get(naming.index) ?? []), naming]);
  const list = joined(rng.shuffle([...groups.values()]).map(counted));
  const opening = openings[rng.weighted(openingWeights)];
  return [opening, list, rng.pick(background.places)].filter(Boolean).join(' ');
}

/** Every phrase that `phraseOf` can return for a class, without repetition. */
export function phrasesOf(entry: SceneClass): string[] {
  checkEntry(entry);
  const looks = [undefined, ...entry.looks];
  const all = entry.nouns.flatMap((noun) =>
    looks.flatMap((look) => forms.map((form) => nounPhrase(noun, look, form))),
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
    'and ,',
  ];
  return [...new Set(texts.flatMap(wordsOf))].sort();
}
