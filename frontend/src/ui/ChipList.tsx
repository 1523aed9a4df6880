import { X } from 'lucide-react';

interface ChipListProps {
  label: string;
  chips: { key: string; name: string }[];
  disabled?: boolean;
  onRemove: (key: string) => void;
}

/** What was picked, each to be taken out again. */
export function ChipList({ label, chips, disabled, onRemove }: ChipListProps) {
  return (
    <ul aria-label={label} className="flex flex-wrap gap-1.5">
      {chips.map(({ key, name }) => (
        <li
          key={key}
          className="inline-flex items-center h-7 max-md:h-9 pl-2.5 rounded-full bg-sunken max-w-full"
        >
          <span className="truncate">{name}</span>
          <button
            type="button"
            disabled={disabled}
            className="grid place-items-center size-7 max-md:size-9 rounded-full hover:bg-accent-soft"
            aria-label={`Remove ${name}`}
            onClick={() => onRemove(key)}
          >
            <X size={12} aria-hidden />
          </button>
        </li>
      ))}
    </ul>
  );
}
