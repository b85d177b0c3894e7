// Written by scripts/colours.ts from the art: run it again when a class or a colour changes.

/**
 * One class a line: the kind, hue, reach, saturation and value of the region that takes a colour; its natural colour, if one
 * word is true of it; the colour words that it can wear; and its label. "-" is none.
 */
const TABLE = `
hue 12.5 24 0.4 0.839 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown dog
hue 25 26.5 0.71 0.992 orange black,white,grey,red,orange,yellow,green,blue,purple,pink,brown cat
light 277.5 19 0.055 0.851 white black,white,grey,red,orange,yellow,green,blue,purple,pink,brown rabbit
hue 20 21.5 0.706 0.988 orange black,white,grey,red,orange,yellow,green,blue,purple,pink,brown fox
light 260 21.5 0.137 0.886 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown panda
hue 12.5 34 0.447 0.867 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown lion
light 350 26.5 0.078 0.89 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown cow
hue 332.5 24 0.404 1 pink black,white,grey,red,orange,yellow,green,blue,purple,pink,brown pig
hue 155 40 0.639 0.827 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown frog
hue 265 30 0.62 0.569 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown penguin
hue 32.5 24 0.643 1 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown chick
light 272.5 14 0.102 0.824 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown duck
hue 22.5 34 0.424 0.941 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown owl
hue 355 31.5 0.333 0.525 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown horse
hue 25 26.5 0.624 0.871 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown bee
hue 357.5 19 0.671 0.89 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown butterfly
hue 7.5 29 0.439 0.62 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown snail
hue 342.5 19 0.733 0.733 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown ladybug
hue 155 41.5 0.498 0.655 green black,white,grey,red,orange,yellow,green,blue,purple,pink,brown turtle
hue 357.5 44 0.596 0.996 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown octopus
hue 335 21.5 0.78 0.996 red black,white,grey,red,orange,yellow,green,blue,purple,pink,brown crab
hue 217.5 19 0.627 0.996 blue black,white,grey,red,orange,yellow,green,blue,purple,pink,brown fish
hue 212.5 24 0.635 1 blue black,white,grey,red,orange,yellow,green,blue,purple,pink,brown whale
light 257.5 19 0.094 0.761 grey black,white,grey,red,orange,yellow,green,blue,purple,pink,brown elephant
hue 337.5 19 0.725 0.855 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown parrot
hue 162.5 24 0.671 0.808 green black,white,grey,red,orange,yellow,green,blue,purple,pink,brown dinosaur
hue 342.5 24 0.745 0.878 red black,white,grey,red,orange,yellow,green,blue,purple,pink,brown apple
hue 27.5 29 0.725 1 orange black,white,grey,red,yellow,green,blue,purple,pink,brown orange
hue 40 16.5 0.631 1 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown banana
hue 352.5 14 0.776 0.894 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown watermelon
hue 260 16.5 0.573 0.635 purple black,white,grey,red,orange,yellow,green,blue,purple,pink,brown grapes
hue 342.5 14 0.784 0.902 red black,white,grey,red,orange,yellow,green,blue,purple,pink,brown strawberry
hue 22.5 24 0.694 0.98 orange black,white,grey,red,orange,yellow,green,blue,purple,pink,brown carrot
hue 350 26.5 0.675 0.992 red black,white,grey,red,orange,yellow,green,blue,purple,pink,brown mushroom
hue 15 41.5 0.467 0.902 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown hamburger
hue 345 16.5 0.784 0.875 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown fries
hue 32.5 24 0.655 0.996 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown pizza
hue 10 21.5 0.451 0.647 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown donut
hue 27.5 24 0.439 0.969 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown cake
hue 317.5 19 0.643 0.937 pink black,white,grey,red,orange,yellow,green,blue,purple,pink,brown cupcake
hue 30 21.5 0.373 0.988 orange black,white,grey,red,orange,yellow,green,blue,purple,pink,brown ice cream
light 267.5 14 0.157 0.78 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown coffee
hue 342.5 19 0.78 0.929 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown car
hue 30 26 0.725 0.969 - black,white,grey,red,yellow,green,blue,purple,pink,brown bus
hue 157.5 19 0.686 0.788 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown tractor
hue 337.5 19 0.769 0.886 - black,grey,red,orange,yellow,green,blue,purple,pink,brown train
light 217.5 19 0.141 0.804 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown airplane
light 342.5 19 0.09 0.882 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown rocket
hue 28 30 0.659 0.992 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown sailboat
hue 5 31.5 0.675 0.98 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown helicopter
hue 12.5 24 0.42 0.859 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown house
hue 115 26.5 0.455 0.663 green black,white,grey,red,orange,yellow,green,blue,purple,pink,brown tree
hue 40 16.5 0.706 0.98 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown sunflower
hue 122.5 19 0.471 0.714 green black,white,grey,red,orange,yellow,green,blue,purple,pink,brown cactus
hue 40 21.5 0.78 0.949 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown gift
light 232.5 24 0.098 0.902 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown soccer ball
hue 337.5 19 0.753 0.835 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown guitar
hue 265 16.5 0.478 0.62 purple black,white,grey,red,orange,yellow,green,blue,purple,pink,brown umbrella
hue 45 16.5 0.792 0.976 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown star
hue 340 21.5 0.812 0.992 red black,white,grey,red,orange,yellow,green,blue,purple,pink,brown heart
light 217.5 19 0.075 0.863 white black,white,grey,red,orange,yellow,green,blue,purple,pink,brown snowman
hue 27.5 19 0.631 0.98 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown crown
light 265 26.5 0.141 0.867 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown robot
hue 345 16.5 0.737 1 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown alarm clock
hue 27.5 24 0.839 0.992 - - person
hue 10 41.5 0.682 0.91 - black,white,grey,red,green,blue,purple,pink,brown bicycle
hue 355 26.5 0.761 0.961 red black,white,grey,red,orange,yellow,green,blue,purple,pink,brown motorcycle
hue 10 26.5 0.71 0.922 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown truck
dark 337.5 19 0.176 0.243 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown traffic light
hue 340 16.5 0.776 0.859 red black,white,grey,red,orange,yellow,green,blue,purple,pink,brown stop sign
hue 335 21.5 0.749 0.929 red black,white,grey,red,orange,yellow,green,blue,purple,pink,brown bird
light 17.5 19 0.086 0.867 white black,white,grey,red,orange,yellow,green,blue,purple,pink,brown sheep
hue 355 41.5 0.388 0.612 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown bear
light 267.5 19 0.071 0.71 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown zebra
hue 25 16.5 0.686 0.847 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown giraffe
hue 342.5 19 0.753 0.965 red black,white,grey,red,orange,yellow,green,blue,purple,pink,brown backpack
hue 12.5 24 0.341 0.627 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown handbag
hue 210 26.5 0.71 0.976 blue black,white,grey,red,orange,yellow,green,blue,purple,pink,brown tie
hue 207.5 19 0.71 0.839 blue black,white,grey,red,orange,yellow,green,blue,purple,pink,brown suitcase
hue 202.5 24 0.737 0.992 blue black,white,grey,red,orange,yellow,green,blue,purple,pink,brown frisbee
hue 202.5 24 0.659 0.992 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown skis
hue 37.5 19 0.714 0.992 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown kite
hue 265 16.5 0.392 0.471 purple black,white,grey,red,orange,yellow,green,blue,purple,pink,brown skateboard
hue 337.5 24 0.745 0.875 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown tennis racket
hue 90 16.5 0.553 0.6 green black,white,grey,red,orange,yellow,green,blue,purple,pink,brown bottle
light 307.5 29 0.216 0.996 - - wine glass
light 345 16.5 0.137 0.918 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown cup
light 260 16.5 0.106 0.8 grey black,white,grey,red,orange,yellow,green,blue,purple,pink,brown fork
light 250 21.5 0.149 0.784 grey black,white,grey,red,orange,yellow,green,blue,purple,pink,brown knife
light 262.5 14 0.122 0.745 grey black,white,grey,red,orange,yellow,green,blue,purple,pink,brown spoon
hue 222.5 24 0.749 0.882 blue black,white,grey,red,orange,yellow,green,blue,purple,pink,brown bowl
hue 27.5 29 0.412 0.988 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown sandwich
hue 167.5 29 0.8 0.651 green black,white,grey,red,orange,yellow,green,blue,purple,pink,brown broccoli
hue 27.5 29 0.529 0.906 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown hot dog
hue 357.5 19 0.478 0.584 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown chair
hue 225 16.5 0.655 0.776 blue black,white,grey,red,orange,yellow,green,blue,purple,pink,brown couch
hue 17.5 19 0.525 0.875 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown potted plant
hue 245 41.5 0.69 0.439 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown bed
light 262.5 14 0.161 0.875 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown toilet
light 207.5 19 0.071 0.741 grey black,white,grey,red,orange,yellow,green,blue,purple,pink,brown tv
light 202.5 19 0.078 0.831 - black,grey,red,orange,yellow,green,blue,purple,pink,brown laptop
light 267.5 19 0.027 0.827 white black,white,grey,red,orange,yellow,green,blue,purple,pink,brown computer mouse
light 270 16.5 0.063 0.812 white black,white,grey,red,orange,yellow,green,blue,purple,pink,brown keyboard
hue 265 31.5 0.498 0.498 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown cell phone
hue 337.5 19 0.776 0.878 red black,white,grey,red,orange,yellow,green,blue,purple,pink,brown book
light 272.5 24 0.027 0.82 white black,white,grey,red,orange,yellow,green,blue,purple,pink,brown clock
hue 17.5 19 0.529 0.678 brown black,white,grey,red,orange,yellow,green,blue,purple,pink,brown vase
hue 355 26.5 0.765 0.961 red black,white,grey,red,orange,yellow,green,blue,purple,pink,brown scissors
hue 22.5 19 0.608 0.89 - black,white,grey,red,orange,yellow,green,blue,purple,pink,brown teddy bear
hue 342.5 24 0.824 0.957 red black,white,grey,red,orange,yellow,green,blue,purple,pink,brown toothbrush
hue 37.5 24 0.686 1 yellow black,white,grey,red,orange,yellow,green,blue,purple,pink,brown lemon
hue 335 26.5 0.804 0.808 red black,white,grey,red,orange,yellow,green,blue,purple,pink,brown balloon
`;

/** The rows of the table without the labels; the words of a class are separated by commas. */
export const colourRows: readonly (readonly [
  kind: 'hue' | 'light' | 'dark',
  hue: number,
  reach: number,
  saturation: number,
  value: number,
  natural: string,
  allowed: string,
])[] = TABLE.trim()
  .split('\n')
  .map((row) => {
    const [kind, hue, reach, saturation, value, natural, allowed] = row.split(' ');
    return [kindOf(kind), Number(hue), Number(reach), Number(saturation), Number(value), natural, allowed];
  });

function kindOf(word: string): 'hue' | 'light' | 'dark' {
  return word === 'light' || word === 'dark' ? word : 'hue';
}
