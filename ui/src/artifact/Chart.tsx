import type { ReactElement } from "react";
import { formatNumber } from "../format";
import { ViewLink } from "../parts/ViewLink";
import { heightOf, labelsOf, lineOf, pointsOf, ticksOf, type Frame, type Point } from "./scales";

const FRAME: Frame = { width: 480, height: 180, left: 64, right: 16, top: 12, bottom: 24 };
const MOST_DOTS = 200;
const DOT = { r: 4, className: "aa-dot" };
const CURRENT_DOT = { r: 6, className: "aa-dot aa-dot-current" };

interface Props {
  name: string;
  metadataKey: string;
  versions: number[];
  values: (number | null)[];
  /** The version that is shown on the page. */
  current: number;
}

/**
 * A line of one key's values. To a screen reader it is an image with a summary, so the links of its points, which are for
 * the mouse, lie above it; the keyboard has those of the table below.
 */
export function Chart({ name, metadataKey, versions, values, current }: Props): ReactElement {
  const ticks = ticksOf(values.filter((value) => value !== null));
  const points = pointsOf(values, ticks, FRAME);
  const dots = points.length <= MOST_DOTS ? points : points.filter(({ index }) => versions[index] === current);
  const viewBox = `0 0 ${FRAME.width} ${FRAME.height}`;
  return (
    <div className="aa-chart">
      <svg viewBox={viewBox} role="img" aria-label={summaryOf(metadataKey, versions, points)}>
        {labelsOf(ticks).map((label, at) => (
          <Tick key={label} label={label} y={heightOf(ticks[at] ?? 0, ticks, FRAME)} />
        ))}
        <VersionLabels versions={versions} />
        <path d={lineOf(points)} className="aa-line" />
        {dots.map(({ x, y, index }) => (
          <circle key={index} cx={x} cy={y} {...(versions[index] === current ? CURRENT_DOT : DOT)} />
        ))}
      </svg>
      <svg viewBox={viewBox} aria-hidden="true" className="aa-hits">
        {dots.map((point) => (
          <DotLink key={point.index} {...{ name, metadataKey, point }} version={versions[point.index] ?? 0} />
        ))}
      </svg>
    </div>
  );
}

function Tick({ label, y }: { label: string; y: number }): ReactElement {
  return (
    <>
      <line x1={FRAME.left} x2={FRAME.width - FRAME.right} y1={y} y2={y} className="aa-grid" />
      <text x={FRAME.left - 6} y={y + 4} textAnchor="end">{label}</text>
    </>
  );
}

function VersionLabels({ versions }: { versions: number[] }): ReactElement {
  const y = FRAME.height - 6;
  return (
    <>
      <text x={FRAME.left} y={y}>{`@${versions[0] ?? ""}`}</text>
      <text x={FRAME.width - FRAME.right} y={y} textAnchor="end">{`@${versions.at(-1) ?? ""}`}</text>
    </>
  );
}

interface DotProps {
  name: string;
  metadataKey: string;
  point: Point;
  version: number;
}

const DotLink = ({ name, metadataKey, point, version }: DotProps): ReactElement => (
  <ViewLink change={{ artifact: { name, version } }} tabIndex={-1}>
    <circle cx={point.x} cy={point.y} r={8}>
      <title>{`Version ${version}: ${metadataKey} ${formatNumber(point.value)}`}</title>
    </circle>
  </ViewLink>
);

/** The chart in a sentence. */
function summaryOf(key: string, versions: number[], points: Point[]): string {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return `${key} has no values.`;
  const at = ({ value, index }: Point): string => `${formatNumber(value)} in version ${versions[index] ?? ""}`;
  const byValue = points.toSorted((one, other) => one.value - other.value);
  const [least, greatest] = [byValue[0] ?? first, byValue.at(-1) ?? last];
  return `${key} over ${points.length} versions: first ${at(first)}, last ${at(last)}, least ${at(least)}, greatest ${at(greatest)}.`;
}
