import { Copy, KeyRound } from 'lucide-react';
import type { ReactNode } from 'react';
import { copyText } from '../lib/copyText';
import { toast } from './toasts';

interface ShownOnceProps {
  title: string;
  /** The secret, one line each. */
  lines: string[];
  children?: ReactNode;
  onDone?: () => void;
  done?: string;
}

/** A secret that can be read now and never again. */
export function ShownOnce({ title, lines, children, onDone, done = 'Done' }: ShownOnceProps) {
  const text = lines.join('\n');
  const copy = async () => {
    toast((await copyText(text)) ? 'Copied' : 'Select the text and copy it yourself');
  };
  return (
    <section
      aria-label={title}
      className="grid gap-3 rounded-md border border-line-strong bg-accent-soft p-3 min-w-0"
    >
      <p className="flex items-center gap-2 font-semibold">
        <KeyRound size={15} aria-hidden className="flex-none" />
        {title}
      </p>
      {children && <p className="text-ink-2">{children}</p>}
      <output className="block rounded-md border border-line bg-surface px-3 py-2 font-mono wrap-anywhere select-all">
        {lines.length > 1 ? (
          <span className="grid grid-cols-2 gap-x-4 gap-y-0.5">
            {lines.map((line) => (
              <span key={line}>{line}</span>
            ))}
          </span>
        ) : (
          text
        )}
      </output>
      <div className="flex gap-2">
        <button type="button" className="btn primary" onClick={() => void copy()}>
          <Copy size={14} aria-hidden />
          Copy
        </button>
        {onDone && (
          <button type="button" className="btn" onClick={onDone}>
            {done}
          </button>
        )}
      </div>
    </section>
  );
}
