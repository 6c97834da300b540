/** How long something takes, whatever else the machine does meanwhile. */

declare const process: { cpuUsage: () => { user: number; system: number } };

/** Milliseconds of processor time. */
export function cpuTime(action: () => void): number {
  const before = process.cpuUsage();
  action();
  const after = process.cpuUsage();
  return (after.user - before.user + after.system - before.system) / 1000;
}
