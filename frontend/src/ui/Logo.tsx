/** The mark: a signed paper. */
export function Logo({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <g
        fill="none"
        className="stroke-accent-ink"
        strokeWidth="2.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      >
        <path d="M9 8h9l5 5v11H9z" />
        <path d="m12.5 17.5 2.6 2.6 4.6-4.9" />
      </g>
    </svg>
  );
}
