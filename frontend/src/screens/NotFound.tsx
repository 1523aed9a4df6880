import { Link } from '@tanstack/react-router';
import { MapPinOff } from 'lucide-react';
import { Notice } from '../ui/Notice';

/** An address of no page; `Frame` is `main` where nothing else on the page is. */
export function NotFound({ as: Frame = 'div' }: { as?: 'div' | 'main' }) {
  return (
    <Frame className="flex-1 h-full flex">
      <Notice
        page
        icon={MapPinOff}
        title="There is no such page"
        action={
          <Link to="/start/dashboard" className="btn primary">
            Go to the dashboard
          </Link>
        }
      >
        The address may be mistyped, or the page was moved.
      </Notice>
    </Frame>
  );
}
