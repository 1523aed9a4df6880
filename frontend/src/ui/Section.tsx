import { type ReactNode, useId } from 'react';

interface SectionProps {
  title: string;
  about?: ReactNode;
  children: ReactNode;
}

/** A panel of a page with its heading. */
export function Section({ title, about, children }: SectionProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="panel p-4 md:p-5 grid gap-4">
      <div className="grid gap-1">
        <h2 id={id} className="text-base font-semibold">
          {title}
        </h2>
        {about && <p className="text-ink-2">{about}</p>}
      </div>
      {children}
    </section>
  );
}
