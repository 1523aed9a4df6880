import { Link } from '@tanstack/react-router';
import { AxisBottom, AxisLeft } from '@visx/axis';
import { scaleBand, scaleLinear } from '@visx/scale';
import { useEffect, useRef, useState } from 'react';
import { formatDate } from '../lib/dates';
import { formatCount, plural } from '../lib/text';
import { perDay } from './waiting';

const DAYS = 30;
const HEIGHT = 200;
const EDGE = { top: 8, right: 8, bottom: 26, left: 36 };

interface IssuedChartProps {
  issued: { date: string; count: number }[];
  today: string;
  timeZone: string;
}

/** What was issued on each of the last thirty days; each bar is a link to its day. */
export function IssuedChart({ issued, today, timeZone }: IssuedChartProps) {
  const { ref, width } = useWidth();
  const days = perDay(issued, today, DAYS);
  const most = Math.max(1, ...days.map(({ count }) => count));
  const x = scaleBand({
    domain: days.map(({ date }) => date),
    range: [EDGE.left, Math.max(EDGE.left + 1, width - EDGE.right)],
    padding: 0.25,
  });
  const y = scaleLinear({ domain: [0, most], range: [HEIGHT - EDGE.bottom, EDGE.top], nice: true });
  const marks = days.filter((_, i) => (DAYS - 1 - i) % (width < 480 ? 10 : 5) === 0);
  const said = (date: string) => formatDate(date, timeZone);
  const label = { fill: 'var(--ink-2)', fontSize: 11.5, fontFamily: 'inherit' };
  return (
    <div className="grid gap-2 min-w-0">
      <div ref={ref} className="min-w-0" style={{ height: HEIGHT }}>
        {width > 0 && (
          <svg width={width} height={HEIGHT} role="group" aria-label="Issued per day">
            {days.map(({ date, count }) => (
              <Link
                key={date}
                to="/start/challans"
                search={{ q: `date:${date} -stage:draft,void` }}
                aria-label={`${said(date)}: ${plural(count, 'challan')}`}
                className="group"
              >
                <title>{`${said(date)}: ${formatCount(count)}`}</title>
                <rect
                  x={x(date)}
                  y={EDGE.top}
                  width={x.bandwidth()}
                  height={HEIGHT - EDGE.top - EDGE.bottom}
                  className="fill-transparent group-hover:fill-sunken"
                />
                <rect
                  x={x(date)}
                  y={y(count)}
                  width={x.bandwidth()}
                  height={Math.max(0, HEIGHT - EDGE.bottom - y(count))}
                  rx={2}
                  className="fill-accent"
                />
              </Link>
            ))}
            <AxisLeft
              left={EDGE.left}
              scale={y}
              numTicks={4}
              hideAxisLine
              hideTicks
              tickFormat={(value) =>
                Number.isInteger(Number(value)) ? formatCount(Number(value)) : ''
              }
              tickLabelProps={{ ...label, textAnchor: 'end', dx: '-0.3em', dy: '0.3em' }}
            />
            <AxisBottom
              top={HEIGHT - EDGE.bottom}
              scale={x}
              stroke="var(--line-strong)"
              hideTicks
              tickValues={marks.map(({ date }) => date)}
              tickFormat={(date) => said(date).slice(0, 5)}
              tickLabelProps={{ ...label, textAnchor: 'middle' }}
            />
          </svg>
        )}
      </div>
      <details>
        <summary className="btn ghost -ml-2.5">As a table</summary>
        <table className="w-full max-w-xs mt-1 tabular-nums">
          <thead>
            <tr className="text-left text-ink-2">
              <th className="font-medium">Day</th>
              <th className="font-medium text-right">Issued</th>
            </tr>
          </thead>
          <tbody>
            {days
              .filter(({ count }) => count > 0)
              .reverse()
              .map(({ date, count }) => (
                <tr key={date}>
                  <td>{said(date)}</td>
                  <td className="text-right">{formatCount(count)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </details>
    </div>
  );
}

/** The width that an element has, px. */
function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}
