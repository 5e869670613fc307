// The product's server as `mnemesh serve` starts it.
import { serve } from '@mnemesh/server';

const { PORT, DATA } = process.env;
const server = await serve({ port: Number(PORT), host: '127.0.0.1', data: DATA as string });
process.once('SIGTERM', () => {
  server.close().then(
    () => process.exit(),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
});
