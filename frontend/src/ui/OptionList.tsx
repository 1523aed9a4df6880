interface OptionListProps {
  id: string;
  label: string;
  options: { key: string; name: string; note?: string | null }[];
  /** The one that Enter takes; -1 for none. */
  active: number;
  onTake: (at: number) => void;
  className?: string;
  style?: React.CSSProperties;
}

/** What a field offers, below it; the field keeps the focus and has the keys. */
export function OptionList({
  id,
  label,
  options,
  active,
  onTake,
  className = '',
  style,
}: OptionListProps) {
  return (
    <div
      id={id}
      role="listbox"
      aria-label={label}
      style={style}
      className={`floating absolute p-1 overflow-y-auto ${className}`}
    >
      {options.map(({ key, name, note }, i) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the focus and the keys
        <div
          key={key}
          id={`${id}-${i}`}
          role="option"
          aria-selected={i === active}
          className="flex items-center gap-3 h-8 max-md:h-11 px-2 rounded-md cursor-default hover:bg-sunken aria-selected:bg-accent-soft"
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onTake(i)}
        >
          <span className="flex-1 truncate">{name}</span>
          <span className="text-xs text-ink-2 tabular-nums">{note}</span>
        </div>
      ))}
    </div>
  );
}
