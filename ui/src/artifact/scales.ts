/** Where the points of a line chart are. */

export interface Frame {
  width: number;
  height: number;
  /** Room for the labels. */
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Point {
  x: number;
  y: number;
  /** Which of the values it is. */
  index: number;
  value: number;
}

const STEPS = [1, 2, 2.5, 5, 10];

/** Round numbers that the values lie between, three to six of them. */
export function ticksOf(values: number[]): number[] {
  if (values.length === 0) return [0, 1];
  let low = values.reduce((one, other) => Math.min(one, other));
  let high = values.reduce((one, other) => Math.max(one, other));
  // Numbers in a computer have 15 digits: what differs in no more than the last ones is the same.
  if (high - low <= Math.abs(high) * 1e-13) [low, high] = low === 0 ? [-1, 1] : [low - Math.abs(low) / 2, high + Math.abs(high) / 2];
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (STEPS.find((each) => each * power >= rough) ?? 10) * power;
  const [first, last] = [Math.floor(low / step), Math.ceil(high / step)];
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(15)));
}

/** The ticks as texts, with as many digits as tell them apart. */
export function labelsOf(ticks: number[]): string[] {
  const [first = 0, second = 0, last = 0] = [ticks[0], ticks[1], ticks.at(-1)];
  const needed = Math.ceil(Math.log10(Math.max(Math.abs(first), Math.abs(last)) / (second - first))) + 2;
  return ticks.map((tick) => String(Number(tick.toPrecision(Math.min(Math.max(needed, 3), 15)))));
}

/** The height of a value in the frame. */
export function heightOf(value: number, ticks: number[], frame: Frame): number {
  const [low, high] = [ticks[0] ?? 0, ticks.at(-1) ?? 1];
  return frame.height - frame.bottom - ((value - low) / (high - low)) * (frame.height - frame.top - frame.bottom);
}

/** The points of the values that there are, at even distances. */
export function pointsOf(values: (number | null)[], ticks: number[], frame: Frame): Point[] {
  const inner = frame.width - frame.left - frame.right;
  return values.flatMap((value, index) => {
    if (value === null) return [];
    const x = frame.left + (values.length > 1 ? (index / (values.length - 1)) * inner : inner / 2);
    return [{ x, y: heightOf(value, ticks, frame), index, value }];
  });
}

/** The line through the points, as the path of an SVG; it breaks where a value is missing. */
export function lineOf(points: Point[]): string {
  const digits = (value: number): string => value.toFixed(1);
  return points
    .map(({ x, y, index }, at) => `${points[at - 1]?.index === index - 1 ? "L" : "M"}${digits(x)},${digits(y)}`)
    .join("");
}
