import { useMemo } from 'react';
import { encode } from 'uqr';

/** A QR code, black on white in both themes so that every camera reads it. */
export default function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = useMemo(() => encode(text, { border: 2 }), [text]);
  const path = data
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')))
    .join('');
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      width={176}
      height={176}
      shapeRendering="crispEdges"
      className="rounded-md border border-line bg-white"
    >
      <path d={path} fill="#000" />
    </svg>
  );
}
