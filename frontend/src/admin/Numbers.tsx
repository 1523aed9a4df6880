import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { CloudOff, Plus } from 'lucide-react';
import { useState } from 'react';
import { createSeries, fetchSeries, patchSeries, type Reset, type Series } from '../api/customers';
import { useSubmit } from '../lib/useSubmit';
import { numberOf, RESETS, resetLabel } from '../register/numbers';
import { placeOf, useMe } from '../shell/session';
import { Drawer } from '../ui/Drawer';
import { DrawerForm } from '../ui/DrawerForm';
import { Field, TextField } from '../ui/Field';
import { Notice } from '../ui/Notice';
import { Table } from '../ui/Table';
import { toast } from '../ui/toasts';
import { Toolbar } from './Toolbar';

export interface NumbersSearch {
  /** The series in the drawer: an id, or `new`. */
  series?: string;
}

/** The series that challan numbers are drawn from. */
export function Numbers() {
  const { series: open } = useSearch({ strict: false }) as NumbersSearch;
  const navigate = useNavigate();
  const queries = useQueryClient();
  const go = (series: string | undefined) =>
    void navigate({ to: '/start/admin/numbers', search: { series } });
  const list = useQuery({ queryKey: ['series'], queryFn: ({ signal }) => fetchSeries(signal) });
  const found = list.data?.results;
  const opened = found?.find(({ id }) => id === open);
  return (
    <div className="flex-1 min-h-0 flex">
      <div className="flex-1 min-w-0 min-h-0 flex flex-col">
        <Toolbar>
          <p className="flex-1 text-ink-2 min-w-[200px]">
            An issued challan takes the next number of the default series.
          </p>
          <button type="button" className="btn primary" onClick={() => go('new')}>
            <Plus size={16} aria-hidden />
            New series
          </button>
        </Toolbar>
        {list.error && !found ? (
          <Notice icon={CloudOff} role="alert" title="The series could not be loaded">
            {list.error.message}
          </Notice>
        ) : (
          <Table
            label="Series of numbers"
            columns={['Name', 'Template', 'Begins again', 'Next number']}
            rows={found}
            keyOf={({ id }) => id}
            openKey={open}
            onOpen={({ id }) => go(id)}
            cells={({ name, template, reset, next, default: isDefault }) => [
              <span key="name" className="inline-flex items-center gap-2 min-w-0">
                <span className="truncate font-medium">{name}</span>
                {isDefault && (
                  <span className="pill" data-stage="invoiced">
                    Default
                  </span>
                )}
              </span>,
              template,
              resetLabel(reset),
              <span key="next" className="tabular-nums">
                <span className="md:hidden">Next </span>
                {next ?? 'Used up in this period'}
              </span>,
            ]}
          />
        )}
      </div>
      {open && (
        <Drawer
          key={open}
          title={open === 'new' ? 'New series' : (opened?.name ?? 'Series')}
          ready={open === 'new' || list.isFetched}
          onClose={() => go(undefined)}
        >
          {open === 'new' || opened ? (
            <SeriesForm
              key={opened?.version}
              series={opened}
              onDone={() => {
                void queries.invalidateQueries({ queryKey: ['series'] });
                go(undefined);
              }}
            />
          ) : (
            list.isFetched && (
              <p role="alert" className="p-4 text-danger">
                There is no such series.
              </p>
            )
          )}
        </Drawer>
      )}
    </div>
  );
}

function SeriesForm({ series, onDone }: { series: Series | undefined; onDone: () => void }) {
  const { today } = placeOf(useMe());
  const [name, setName] = useState(series?.name ?? '');
  const [template, setTemplate] = useState(series?.template ?? '{YY}{MM}{SEQ:5}');
  const [reset, setReset] = useState<Reset>(series?.reset ?? 'monthly');
  const [isDefault, setDefault] = useState(series?.default ?? false);
  const { busy, errors, failure, submit, mend } = useSubmit([
    'name',
    'template',
    'reset',
    'default',
  ]);
  const save = () =>
    submit(async () => {
      const fields = { name: name.trim(), template: template.trim(), reset, default: isDefault };
      const saved = await (series
        ? patchSeries(series.id, series.version, fields)
        : createSeries(fields));
      toast(`Series ${saved.name} saved${saved.next ? `; next is ${saved.next}` : ''}`);
      onDone();
    });
  const examples = [1, 2].map((n) => numberOf(template.trim(), today, n));
  return (
    <DrawerForm
      failure={failure}
      onSubmit={() => void save()}
      actions={
        <button type="submit" className="btn primary" disabled={busy}>
          {busy ? 'Saving…' : 'Save series'}
        </button>
      }
    >
      <TextField
        label="Name"
        value={name}
        error={errors.name}
        autoComplete="off"
        onText={(text) => {
          setName(text);
          mend('name');
        }}
      />
      <TextField
        label="Template"
        value={template}
        error={errors.template}
        autoComplete="off"
        spellCheck={false}
        hint="{YY} {YYYY} {FY} {MM}, one {SEQ:n} for the running number with n digits, and A-Z 0-9 - /"
        onText={(text) => {
          setTemplate(text);
          mend('template');
        }}
      />
      <p role="status" className="rounded-md bg-sunken px-3 py-2.5 tabular-nums">
        {examples[0] ? (
          <>
            First numbers of this period: <b className="font-semibold">{examples[0]}</b>,{' '}
            {examples[1]}, …
          </>
        ) : (
          'This makes no number yet: at most 16 of A-Z 0-9 - /, with one {SEQ:n}.'
        )}
      </p>
      <Field label="The running number begins again" error={errors.reset}>
        {(shared) => (
          <select
            {...shared}
            value={reset}
            onChange={(event) => {
              setReset(event.target.value as Reset);
              mend('reset');
              mend('template');
            }}
          >
            {RESETS.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Field>
      <label className="check">
        <input
          type="checkbox"
          checked={isDefault}
          disabled={series?.default}
          onChange={(event) => setDefault(event.target.checked)}
        />
        <span>Challans draw from it</span>
      </label>
      {series?.default && (
        <p className="text-xs text-ink-2">To change that, mark another series instead.</p>
      )}
      {errors.default && <p className="text-danger">{errors.default}</p>}
    </DrawerForm>
  );
}
