import { Menu } from '@base-ui/react/menu';
import { useQuery } from '@tanstack/react-query';
import {
  Bookmark,
  Check,
  ChevronDown,
  Columns3,
  ListChecks,
  Pencil,
  Plus,
  Redo2,
  RotateCcw,
  Save,
  Undo2,
  Users,
} from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { fetchCountedViews, type View } from '../api/views';
import { formatCount } from '../lib/text';
import { stepBack } from '../undo/undo';

interface ViewsMenuProps {
  views: View[];
  view: View | undefined;
  /** Whether the filter, the order or the columns differ from the view. */
  isChanged: boolean;
  isTrash: boolean;
  mayRestore: boolean;
  onChoose: (view: View | undefined) => void;
  onSave: () => void;
  onSaveAs: () => void;
  onEdit: () => void;
  onReset: () => void;
  onColumns: () => void;
  onTrash: () => void;
  /** Cards are to be chosen, on a phone; nothing where there are none. */
  onSelect: (() => void) | undefined;
}

const ITEM =
  'flex items-center gap-2 h-8 max-md:h-11 px-2 rounded-md cursor-default outline-none data-[highlighted]:bg-accent-soft';

/** Which saved view is looked at, the others, and what may be done with it. */
export function ViewsMenu(props: ViewsMenuProps) {
  const { views, view, isChanged, onChoose } = props;
  const [open, setOpen] = useState(false);
  const place = useRef<HTMLSpanElement>(null);
  const counted = useQuery({
    queryKey: ['views-counted'],
    queryFn: ({ signal }) => fetchCountedViews(signal),
    enabled: open,
    staleTime: 10_000,
    retry: false,
  });
  const counts = new Map(counted.data?.results.map(({ id, count }) => [id, count]));
  const isOwn = ({ can, shared }: View) => !shared && can.includes('update');
  const mine = views.filter(isOwn);
  const shared = views.filter((one) => !isOwn(one));
  const choice = (one: View, i: number) => (
    <Choice
      key={one.id}
      view={one}
      chosen={one.id === view?.id}
      count={counts.get(one.id) ?? null}
      number={i < 9 ? i + 1 : null}
      onChoose={() => onChoose(one)}
    />
  );
  const name = view?.name ?? (props.isTrash ? 'Trash' : 'All challans');
  return (
    <Menu.Root open={open} onOpenChange={setOpen}>
      <Menu.Trigger className="btn ghost min-w-0 max-w-[240px] max-md:max-w-full md:-ml-1.5 text-base font-semibold">
        <span className="sr-only">View: </span>
        <span className="truncate">{name}</span>
        {isChanged && (
          <>
            <span aria-hidden className="flex-none size-1.5 rounded-full bg-accent" />
            <span className="sr-only">(changed)</span>
          </>
        )}
        <ChevronDown size={14} aria-hidden className="flex-none" />
      </Menu.Trigger>
      <span ref={place} />
      <Menu.Portal container={place}>
        <Menu.Positioner sideOffset={6} align="start" className="z-40 outline-none">
          <Menu.Popup className="floating p-1 w-72 max-h-[min(560px,var(--available-height))] overflow-auto outline-none font-normal">
            <Menu.Item className={ITEM} onClick={() => onChoose(undefined)}>
              <Mark chosen={!view && !props.isTrash} />
              All challans
            </Menu.Item>
            {props.mayRestore && (
              <Menu.Item className={ITEM} onClick={props.onTrash}>
                <Mark chosen={!view && props.isTrash} />
                Trash
              </Menu.Item>
            )}
            {mine.length > 0 && <Group label="My views">{mine.map(choice)}</Group>}
            {shared.length > 0 && (
              <Group label="Shared views">
                {shared.map((one, i) => choice(one, mine.length + i))}
              </Group>
            )}
            <PhoneActions onSelect={props.onSelect} />
            <Actions {...props} />
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function Group({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Menu.Group className="border-t border-line mt-1 pt-1">
      <Menu.GroupLabel className="px-2 pt-1 pb-0.5 text-xs font-semibold text-ink-2">
        {label}
      </Menu.GroupLabel>
      {children}
    </Menu.Group>
  );
}

const Mark = ({ chosen }: { chosen: boolean }) => (
  <span className="flex-none w-4">
    {chosen && (
      <>
        <Check size={14} aria-hidden />
        <span className="sr-only">Chosen:</span>
      </>
    )}
  </span>
);

interface ChoiceProps {
  view: View;
  chosen: boolean;
  count: number | null;
  /** The key after V that chooses it. */
  number: number | null;
  onChoose: () => void;
}

function Choice({ view, chosen, count, number, onChoose }: ChoiceProps) {
  return (
    <Menu.Item className={ITEM} onClick={onChoose}>
      <Mark chosen={chosen} />
      <span className="flex-1 truncate">{view.name}</span>
      {view.default_for_me && (
        <>
          <Bookmark size={13} aria-hidden className="flex-none text-ink-2" />
          <span className="sr-only">Default.</span>
        </>
      )}
      {view.shared && (
        <span title={`Shared by ${view.owner.name}`} className="flex-none text-ink-2">
          <Users size={13} aria-hidden />
          <span className="sr-only">Shared by {view.owner.name}.</span>
        </span>
      )}
      {count !== null && (
        <span className="text-xs text-ink-2 tabular-nums">{formatCount(count)}</span>
      )}
      {number && <span className="kbd max-md:hidden">V {number}</span>}
    </Menu.Item>
  );
}

/** What boxes and keys do beside the grid. */
const PhoneActions = ({ onSelect }: Pick<ViewsMenuProps, 'onSelect'>) => (
  <div className="md:hidden border-t border-line mt-1 pt-1">
    {onSelect && (
      <Menu.Item className={ITEM} onClick={onSelect}>
        <ListChecks size={14} aria-hidden />
        Select challans
      </Menu.Item>
    )}
    <Menu.Item className={ITEM} onClick={() => void stepBack('undo')}>
      <Undo2 size={14} aria-hidden />
      Undo
    </Menu.Item>
    <Menu.Item className={ITEM} onClick={() => void stepBack('redo')}>
      <Redo2 size={14} aria-hidden />
      Redo
    </Menu.Item>
  </div>
);

function Actions(props: ViewsMenuProps) {
  const { view, isChanged } = props;
  const mayChange = view?.can.includes('update') ?? false;
  return (
    <div className="border-t border-line mt-1 pt-1">
      {mayChange && isChanged && (
        <Menu.Item className={ITEM} onClick={props.onSave}>
          <Save size={14} aria-hidden className="flex-none" />
          <span className="truncate">Save to “{view?.name}”</span>
        </Menu.Item>
      )}
      {isChanged && (
        <Menu.Item className={ITEM} onClick={props.onReset}>
          <RotateCcw size={14} aria-hidden className="flex-none" />
          <span className="truncate">{view ? `Reset to “${view.name}”` : 'Reset columns'}</span>
        </Menu.Item>
      )}
      <Menu.Item className={ITEM} onClick={props.onSaveAs}>
        <Plus size={14} aria-hidden />
        Save as a new view…
      </Menu.Item>
      {view && (
        <Menu.Item className={ITEM} onClick={props.onEdit}>
          {mayChange ? <Pencil size={14} aria-hidden /> : <Bookmark size={14} aria-hidden />}
          {mayChange ? 'Name, sharing, default…' : 'Default…'}
        </Menu.Item>
      )}
      <Menu.Item className={`${ITEM} max-md:hidden`} onClick={props.onColumns}>
        <Columns3 size={14} aria-hidden />
        Columns…
      </Menu.Item>
    </div>
  );
}
