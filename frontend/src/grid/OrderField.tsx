import { Field } from '../ui/Field';
import type { Column, Kind } from './columns';

/** How the two directions of a column are called, the rising one first. */
const WAYS: Partial<Record<Kind, [string, string]>> = {
  date: ['oldest first', 'newest first'],
  moment: ['oldest first', 'newest first'],
  amount: ['smallest first', 'largest first'],
  stage: ['first stage first', 'last stage first'],
};
const NUMBERS: [string, string] = ['lowest first', 'highest first'];
const LETTERS: [string, string] = ['A to Z', 'Z to A'];

const waysOf = ({ name, kind }: Column): [string, string] =>
  name === 'challan_number' ? NUMBERS : (WAYS[kind] ?? LETTERS);

interface OrderFieldProps {
  /** As the address has it: a column, with a `-` where its last comes first. */
  sort: string;
  columns: Column[];
  onSort: (sort: string) => void;
}

/** The order of the list, where there are no heads of columns to press. */
export function OrderField({ sort, columns, onSort }: OrderFieldProps) {
  const ways = columns
    .filter(({ sortable }) => sortable)
    .flatMap((column) => {
      const { name, label } = column;
      const [rising, falling] = waysOf(column);
      return [
        { value: `-${name}`, text: `${label}, ${falling}` },
        { value: name, text: `${label}, ${rising}` },
      ];
    });
  const isOther = !ways.some(({ value }) => value === sort);
  return (
    <Field label="Order">
      {(shared) => (
        <select {...shared} value={sort} onChange={({ target }) => onSort(target.value)}>
          {isOther && <option value={sort}>As it is now</option>}
          {ways.map(({ value, text }) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
