import { ROLE_LABELS } from '../admin/people';
import { displayName } from '../api/accounts';
import type { Role } from '../api/people';
import { useMe } from '../shell/session';
import { Appearance } from './Appearance';
import { Names } from './Names';
import { Password } from './Password';
import { Sessions } from './Sessions';
import { TwoStep } from './TwoStep';

/** One's own account. */
export function Profile() {
  const me = useMe();
  return (
    <>
      <header className="flex flex-none items-center h-12 px-4 border-b border-line bg-surface">
        <h1 className="text-base font-semibold">Profile</h1>
      </header>
      <div className="flex-1 min-h-0 overflow-auto">
        <div className="grid gap-4 p-4 md:p-6 max-w-[720px] mx-auto">
          <div className="grid gap-0.5 px-1 pb-1">
            <p className="text-xl font-semibold truncate">{displayName(me)}</p>
            <p className="text-ink-2">
              {me.email} · {ROLE_LABELS[me.role as Role]}
            </p>
          </div>
          <Names />
          <Password />
          <TwoStep />
          <Sessions />
          <Appearance />
        </div>
      </div>
    </>
  );
}
