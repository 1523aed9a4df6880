import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

interface NoticeProps {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  /** One button, and perhaps a hint key. */
  action?: ReactNode;
  role?: 'alert' | 'status';
  /** Whether it stands for a whole page, so that its title is the page's. */
  page?: boolean;
}

/** A state of a whole area: one sentence, why, and one thing to do. */
export function Notice({ icon: Icon, title, children, action, role, page }: NoticeProps) {
  const Title = page ? 'h1' : 'h2';
  return (
    <div
      className="flex-1 grid grid-cols-[minmax(0,1fr)] place-items-center p-6 min-h-0"
      role={role}
    >
      <div className="grid grid-cols-[minmax(0,1fr)] justify-items-center gap-3 w-full max-w-sm text-center">
        <span className="grid place-items-center size-11 rounded-full bg-sunken text-ink-2">
          <Icon size={20} aria-hidden />
        </span>
        <Title className="text-base font-semibold">{title}</Title>
        {children && <div className="w-full text-ink-2">{children}</div>}
        {action && <div className="flex items-center gap-2 pt-1">{action}</div>}
      </div>
    </div>
  );
}
