import { type Fault, partsOf } from './fault';

/** What is wrong with the filter, and where; on a phone a long list of what is right is scrolled. */
export function FilterFault({ q, fault }: { q: string; fault: Fault }) {
  const [before, wrong, after] = partsOf(q, fault.place);
  return (
    <div
      id="filter-fault"
      role="alert"
      className="flex-none grid gap-1 px-3 py-2 border-b border-line bg-surface"
    >
      <code className="font-sans wrap-anywhere">
        {before}
        <mark className="rounded-sm px-0.5 bg-[var(--hit)] text-ink font-semibold border-b-2 border-danger">
          {wrong}
        </mark>
        {after}
      </code>
      <section
        aria-label="What would be right"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keyboard too
        tabIndex={0}
        // Half a line at the foot shows that there is more.
        className="max-h-[74px] overflow-y-auto text-danger"
      >
        {fault.message}
      </section>
    </div>
  );
}
