import { Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { COLUMNS } from '../grid/columns';
import { placeOf, useMe } from '../shell/session';
import { type Block, newBlock, sentencesOf } from './grants';
import { RightsBlock } from './RightsBlock';

const labelOf = (name: string) =>
  COLUMNS.find((column) => column.name === name)?.label ?? name.replaceAll('_', ' ');

/** Blocks of rights in plain words. */
export function useSentences(blocks: Block[]): string[] {
  const { timeZone } = placeOf(useMe());
  return blocks.flatMap((block) => sentencesOf(block, { labelOf, timeZone }));
}

interface RightsEditorProps {
  blocks: Block[];
  disabled: boolean;
  onBlocks: (blocks: Block[]) => void;
  /** What stands above the sentences, and what instead of them where there are none. */
  before?: ReactNode;
  none: string;
  doubts?: string[];
}

/** Rights: said in words, and below that to be changed. */
export function RightsEditor(props: RightsEditorProps) {
  const { blocks, disabled, onBlocks, before, none, doubts = [] } = props;
  const { today } = placeOf(useMe());
  const sentences = useSentences(blocks);
  return (
    <>
      <section
        aria-label="In words"
        aria-live="polite"
        className="rounded-md bg-sunken px-3 py-2.5 grid gap-1"
      >
        {before}
        {sentences.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
        {!before && sentences.length === 0 && <p className="text-ink-2">{none}</p>}
        {doubts.map((doubt) => (
          <p key={doubt} className="text-danger">
            {doubt}
          </p>
        ))}
      </section>
      {blocks.map((block, index) => (
        <RightsBlock
          key={block.key}
          block={block}
          title={blocks.length > 1 ? `Rights ${index + 1}` : 'Rights'}
          today={today}
          disabled={disabled}
          onChange={(changed) =>
            onBlocks(blocks.map((one) => (one.key === changed.key ? changed : one)))
          }
          onRemove={
            blocks.length > 1
              ? () => onBlocks(blocks.filter((one) => one.key !== block.key))
              : undefined
          }
        />
      ))}
      {!disabled && (
        <button
          type="button"
          className="btn ghost justify-self-start -ml-2.5"
          onClick={() => onBlocks([...blocks, newBlock()])}
        >
          <Plus size={14} aria-hidden />
          More rights, with other limits
        </button>
      )}
    </>
  );
}
