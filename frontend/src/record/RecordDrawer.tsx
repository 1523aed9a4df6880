import { Tabs } from '@base-ui/react/tabs';
import { X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { may } from '../api/accounts';
import { ProblemError } from '../api/http';
import type { Challan } from '../api/types';
import { placeOf, useMe } from '../shell/session';
import { StagePill } from '../ui/StagePill';
import { DetailsForm } from './DetailsForm';
import { HistoryTab } from './HistoryTab';
import { RecordActions } from './RecordActions';
import { useRecord } from './useRecord';

interface RecordDrawerProps {
  /** `new`, or the id of a challan. */
  id: string;
  onClose: () => void;
  onSaved: (saved: Challan, created: boolean) => void;
  onIssued: (issued: Challan) => void;
  onDelete: (record: Challan) => void;
}

/** A record beside the grid: its details to change, and its history. */
export function RecordDrawer({ id, onClose, onSaved, onIssued, onDelete }: RecordDrawerProps) {
  const me = useMe();
  const place = placeOf(me);
  const isNew = id === 'new';
  const { record, take } = useRecord(isNew ? null : id);
  const drawer = useRef<HTMLDivElement>(null);
  const challan = isNew ? null : (record.data ?? null);
  const ready = isNew || challan !== null;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another record takes the focus anew
  useEffect(() => {
    if (ready) drawer.current?.querySelector<HTMLElement>('form input:not(:disabled)')?.focus();
  }, [ready, id]);

  useEffect(() => {
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.stopPropagation();
    onClose();
  };
  const title = isNew ? 'New challan' : (challan?.challan_number ?? 'Challan without a number');
  const tab =
    'h-9 px-2 -mb-px border-b-2 border-transparent text-ink-2 data-[active]:border-accent data-[active]:text-ink data-[active]:font-medium';
  return (
    <div
      ref={drawer}
      role="dialog"
      aria-label={title}
      onKeyDown={onKeyDown}
      className="drawer flex flex-col w-[440px] bg-surface border-l border-line-strong max-xl:fixed max-xl:inset-y-0 max-xl:right-0 max-xl:z-30 max-xl:shadow-[-16px_0_40px_-16px_rgb(0_0_0/0.3)] max-md:w-full max-md:border-0"
    >
      <header className="flex flex-none items-center gap-2 h-12 max-md:h-14 pl-4 pr-2 border-b border-line">
        <h2 className="text-base font-semibold flex-1 truncate">{ready ? title : 'Loading…'}</h2>
        {challan && <StagePill row={challan} />}
        <button type="button" className="btn ghost icon" aria-label="Close" onClick={onClose}>
          <X size={16} aria-hidden />
        </button>
      </header>
      {record.error && !isNew ? (
        <p role="alert" className="p-4 text-danger">
          {record.error instanceof ProblemError && record.error.status === 404
            ? 'This challan does not exist, or you may not see it.'
            : record.error.message}
        </p>
      ) : (
        ready && (
          <Tabs.Root defaultValue="details" key={id} className="flex-1 min-h-0 flex flex-col">
            {challan && (
              <Tabs.List className="flex flex-none gap-2 px-3 border-b border-line">
                <Tabs.Tab value="details" className={tab}>
                  Details
                </Tabs.Tab>
                <Tabs.Tab value="history" className={tab}>
                  History
                </Tabs.Tab>
              </Tabs.List>
            )}
            <Tabs.Panel
              value="details"
              keepMounted
              className="flex-1 min-h-0 flex flex-col data-[hidden]:hidden"
            >
              {challan?.deleted_at && (
                <p className="px-4 py-2 bg-sunken border-b border-line text-ink-2">
                  This challan was deleted.
                </p>
              )}
              <DetailsForm
                draftKey={`${me.id} ${id}`}
                record={challan}
                place={place}
                mayEdit={isNew || (may(me, 'challan:update') && !challan?.deleted_at)}
                onSaved={(saved, created) => {
                  if (!created) take(saved);
                  onSaved(saved, created);
                }}
                onCurrent={take}
                onClose={onClose}
                actions={
                  challan && (
                    <RecordActions
                      challan={challan}
                      onDelete={onDelete}
                      onIssued={(issued) => {
                        take(issued);
                        onIssued(issued);
                      }}
                    />
                  )
                }
              />
            </Tabs.Panel>
            {challan && (
              <Tabs.Panel value="history" className="flex-1 min-h-0 flex flex-col">
                <HistoryTab id={challan.id} version={challan.version} place={place} />
              </Tabs.Panel>
            )}
          </Tabs.Root>
        )
      )}
    </div>
  );
}
