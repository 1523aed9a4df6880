import { Tabs } from '@base-ui/react/tabs';
import { RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { may } from '../api/accounts';
import { ProblemError } from '../api/http';
import type { Challan } from '../api/types';
import { placeOf, useMe } from '../shell/session';
import { Drawer, TAB } from '../ui/Drawer';
import { StagePill } from '../ui/StagePill';
import { DetailsForm } from './DetailsForm';
import { HistoryTab } from './HistoryTab';
import { RecordActions } from './RecordActions';
import { useRecord } from './useRecord';
import { VoidDialog } from './VoidDialog';

interface RecordDrawerProps {
  /** `new`, or the id of a challan. */
  id: string;
  /** Whether one came here from the record beside it, looking through them by keys. */
  isPassing: boolean;
  onClose: () => void;
  onSaved: (saved: Challan, created: boolean) => void;
  onIssued: (issued: Challan) => void;
  onVoided: (voided: Challan, batch: string | undefined) => void;
  /** A value of the past, of the field called `what`, was put back. */
  onPutBack: (changed: Challan, what: string) => void;
  onDelete: (record: Challan) => void;
  onRestore: (record: Challan) => void;
}

/** A record beside the grid: its details to change, and its history. */
export function RecordDrawer(props: RecordDrawerProps) {
  const { id, isPassing, onClose, onSaved, onIssued, onVoided, onPutBack } = props;
  const me = useMe();
  const place = placeOf(me);
  const isNew = id === 'new';
  const { record, take } = useRecord(isNew ? null : id);
  const challan = isNew ? null : (record.data ?? null);
  const ready = isNew || challan !== null;
  // Whoever looks through the histories goes on with histories.
  const [tab, setTab] = useState({ of: id, name: 'details' });
  const tabShown = isPassing || tab.of === id ? tab.name : 'details';
  const [voiding, setVoiding] = useState<Challan | null>(null);
  const mayUpdate = challan?.can.includes('update') ?? false;

  const title = isNew ? 'New challan' : (challan?.challan_number ?? 'Challan without a number');
  const drawer = (
    <Drawer
      key={id}
      title={title}
      ready={ready}
      isPassing={isPassing}
      mark={challan && <StagePill row={challan} />}
      onClose={onClose}
    >
      {record.error && !isNew ? (
        <p role="alert" className="p-4 text-danger">
          {record.error instanceof ProblemError && record.error.status === 404
            ? 'This challan does not exist, or you may not see it.'
            : record.error.message}
        </p>
      ) : (
        ready && (
          <Tabs.Root
            value={tabShown}
            onValueChange={(name) => setTab({ of: id, name })}
            className="flex-1 min-h-0 flex flex-col"
          >
            {challan && (
              <Tabs.List className="flex flex-none gap-2 px-3 border-b border-line">
                <Tabs.Tab value="details" className={TAB}>
                  Details
                </Tabs.Tab>
                <Tabs.Tab value="history" className={TAB}>
                  History
                </Tabs.Tab>
              </Tabs.List>
            )}
            <Tabs.Panel
              value="details"
              keepMounted
              className="flex-1 min-h-0 flex flex-col data-[hidden]:hidden"
            >
              {challan && (
                <Standing
                  challan={challan}
                  mayRestore={may(me, 'challan:delete')}
                  onRestore={props.onRestore}
                />
              )}
              <DetailsForm
                key={me.id}
                owner={me.id}
                record={challan}
                place={place}
                mayEdit={isNew || mayUpdate}
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
                      onVoid={() => setVoiding(challan)}
                      onDelete={props.onDelete}
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
                <HistoryTab
                  record={challan}
                  place={place}
                  onCurrent={take}
                  onPutBack={(changed, what) => {
                    take(changed);
                    onPutBack(changed, what);
                  }}
                />
              </Tabs.Panel>
            )}
          </Tabs.Root>
        )
      )}
    </Drawer>
  );
  return (
    <>
      {drawer}
      {voiding?.id === id && (
        <VoidDialog
          challan={voiding}
          onVoided={(voided, batch) => {
            take(voided);
            onVoided(voided, batch);
          }}
          onClose={() => setVoiding(null)}
        />
      )}
    </>
  );
}

interface StandingProps {
  challan: Challan;
  mayRestore: boolean;
  onRestore: (record: Challan) => void;
}

/** Why nothing of a record can be changed, where that is so. */
function Standing({ challan, mayRestore, onRestore }: StandingProps) {
  const strip =
    'flex flex-none items-center gap-3 px-4 py-2 bg-sunken border-b border-line text-ink-2';
  if (challan.deleted_at) {
    return (
      <div className={strip}>
        <p className="flex-1">This challan is in the trash.</p>
        {mayRestore && (
          <button type="button" className="btn text-ink" onClick={() => onRestore(challan)}>
            <RotateCcw size={14} aria-hidden />
            Restore
          </button>
        )}
      </div>
    );
  }
  if (!challan.voided_at) return null;
  return (
    <p className={`${strip} wrap-anywhere`}>
      This challan is void{challan.void_reason ? `: ${challan.void_reason}` : '.'}
    </p>
  );
}
