import { lazy, Suspense, useState } from 'react';
import { ViewsMenu } from '../views/ViewsMenu';
import type { Address } from './useAddress';
import type { ShownView } from './useShownView';

const ViewDialog = lazy(() =>
  import('../views/ViewDialog').then((module) => ({ default: module.ViewDialog })),
);
const ColumnsDialog = lazy(() =>
  import('../views/ColumnsDialog').then((module) => ({ default: module.ColumnsDialog })),
);

interface ListViewsProps {
  shown: ShownView;
  go: Address['go'];
  isTrash: boolean;
  mayRestore: boolean;
  /** Begins choosing cards; nothing where there are none. */
  onSelect: (() => void) | undefined;
}

/** The menu of views, and what it opens. */
export function ListViews({ shown, go, isTrash, mayRestore, onSelect }: ListViewsProps) {
  const [dialog, setDialog] = useState<'new' | 'edit' | 'columns' | null>(null);
  const onClose = () => setDialog(null);
  const { view, layout, resetLayout } = shown;
  return (
    <>
      <ViewsMenu
        views={shown.views}
        view={view}
        isChanged={shown.isChanged}
        isTrash={isTrash}
        mayRestore={mayRestore}
        onChoose={shown.choose}
        onSave={() => void shown.save()}
        onSaveAs={() => setDialog('new')}
        onEdit={() => setDialog('edit')}
        onReset={shown.reset}
        onColumns={() => setDialog('columns')}
        onTrash={() => go({ view: undefined, q: 'deleted:any', sort: undefined })}
        onSelect={onSelect}
      />
      <Suspense>
        {dialog === 'columns' && (
          <ColumnsDialog
            columns={shown.columns}
            layout={layout}
            onLayout={shown.setLayout}
            onReset={resetLayout}
            onClose={onClose}
          />
        )}
        {(dialog === 'new' || dialog === 'edit') && (
          <ViewDialog
            view={dialog === 'edit' ? view : undefined}
            state={shown.state}
            onDone={(saved) => {
              onClose();
              // What was different here is in the new view now.
              if (dialog === 'new') resetLayout();
              void shown.changed().then(() => {
                if (dialog === 'new' || !saved) go({ view: saved?.id });
              });
            }}
            onClose={onClose}
          />
        )}
      </Suspense>
    </>
  );
}
