import { Link } from '@tanstack/react-router';
import { MapPinOff } from 'lucide-react';
import { Notice } from '../ui/Notice';

export function NotFound() {
  return (
    <div className="h-full flex">
      <Notice
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
    </div>
  );
}
