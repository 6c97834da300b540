/** What sets two lists of named values apart. */

export interface Named {
  name: string;
  /** What is compared. */
  value: string;
  /** Whether there is more of the value than is known here. */
  isCut?: boolean;
}

export type Change = "added" | "removed" | "changed" | "same" | "same as far as shown";

export interface Difference {
  name: string;
  change: Change;
  left: string | null;
  right: string | null;
}

/** Compares by name, in the order of the left list; what only the right one has comes last. */
export function differencesOf(left: Named[], right: Named[]): Difference[] {
  const [inLeft, inRight] = [byName(left), byName(right)];
  const names = new Set([...inLeft.keys(), ...inRight.keys()]);
  return [...names].map((name) => {
    const [one, other] = [inLeft.get(name), inRight.get(name)];
    return { name, change: changeOf(one, other), left: one?.value ?? null, right: other?.value ?? null };
  });
}

const byName = (list: Named[]): Map<string, Named> => new Map(list.map((each) => [each.name, each]));

function changeOf(left: Named | undefined, right: Named | undefined): Change {
  if (!left) return "added";
  if (!right) return "removed";
  if (left.value !== right.value || left.isCut !== right.isCut) return "changed";
  return left.isCut ? "same as far as shown" : "same";
}
