import type { Page } from 'playwright-core';

/** Goes to a view without loading the page anew, as its own links do. */
export async function goTo(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => history.pushState(null, '', to), path);
}

/** Writes an item in the form for it. What is to be seen then is for the caller. */
export async function writeItem(page: Page, content: string): Promise<void> {
  await goTo(page, '/memory/new');
  await page.getByLabel('What should be remembered').fill(content);
  await page.getByRole('button', { name: 'Remember' }).click();
}
