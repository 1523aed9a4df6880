import { type MouseEvent, type PointerEvent, useRef } from 'react';

/** How long a finger rests before it counts as a long press, ms; as on Android. */
const LONG = 500;
/** How far it may wander meanwhile, px. */
const SLACK = 10;

/**
 * Handlers of a button that does something else when it is pressed for long. The click at the end
 * of a long press does nothing.
 */
export function useLongPress(onLong: () => void, onClick: () => void) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const from = useRef({ x: 0, y: 0 });
  const wasLong = useRef(false);
  const isDown = useRef(false);
  const stop = () => clearTimeout(timer.current);
  const lift = () => {
    isDown.current = false;
    stop();
  };
  const fire = () => {
    stop();
    wasLong.current = true;
    // Felt where the phone can; elsewhere nothing happens.
    navigator.vibrate?.(10);
    onLong();
  };
  return {
    onPointerDown: (event: PointerEvent) => {
      wasLong.current = false;
      if (event.button !== 0) return;
      isDown.current = true;
      from.current = { x: event.clientX, y: event.clientY };
      stop();
      timer.current = setTimeout(fire, LONG);
    },
    onPointerMove: ({ clientX: x, clientY: y }: PointerEvent) => {
      if (Math.hypot(x - from.current.x, y - from.current.y) > SLACK) stop();
    },
    onPointerUp: lift,
    onPointerLeave: lift,
    // The browser takes the finger for itself as soon as the list is scrolled.
    onPointerCancel: lift,
    onContextMenu: (event: MouseEvent) => {
      event.preventDefault();
      if (wasLong.current) return;
      // Some browsers count a long press themselves. The menu's key means the same, and no click ends it.
      if (isDown.current) fire();
      else onLong();
    },
    onClick: () => {
      if (wasLong.current) wasLong.current = false;
      else onClick();
    },
  };
}
