import type { TestPage } from '@mnemesh/testing-browser';

interface Registrations {
  readonly registrations: readonly { readonly registrationId: string }[];
}

/** Wakes the service worker of a page's site as the browser does when so much time has passed. */
export async function wakePeriodically({ page }: TestPage, tag: string): Promise<void> {
  const browser = await page.context().newCDPSession(page);
  const registered = new Promise<string>((resolve) => {
    browser.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }: Registrations) => {
      const [first] = registrations;
      if (first !== undefined) resolve(first.registrationId);
    });
  });
  await browser.send('ServiceWorker.enable');
  const { origin } = new URL(page.url());
  const registrationId = await registered;
  await browser.send('ServiceWorker.dispatchPeriodicSyncEvent', { origin, registrationId, tag });
  await browser.detach();
}
