// Conversations with their tool calls. [day, who, title, participants, turns]; a turn is
// ['user'|'assistant', speaker, text, spent?] or ['tool', name, arguments, result].
// Spent is [model, tokens in, tokens out, US dollars].
const large = (tokensIn, tokensOut) => [
  'harbour-large',
  tokensIn,
  tokensOut,
  round(tokensIn * 3e-6 + tokensOut * 15e-6),
];
const small = (tokensIn, tokensOut) => [
  'harbour-small',
  tokensIn,
  tokensOut,
  round(tokensIn * 0.25e-6 + tokensOut * 1.25e-6),
];
const local = (tokensIn, tokensOut) => ['local-14b', tokensIn, tokensOut, 0];

function round(dollars) {
  return Math.round(dollars * 1e6) / 1e6;
}

export const conversations = [
  [
    0,
    'builder',
    'The importer’s first night',
    ['Mira', 'builder'],
    [
      ['user', 'Mira', 'Can you load tonight’s feed without taking the board down?'],
      [
        'assistant',
        'builder',
        'Yes: it goes into a side table, and the two are swapped when the counts agree. I look at the feed first.',
        large(18_400, 620),
      ],
      [
        'tool',
        'http.get',
        { url: 'feed/harbour.zip', range: 'bytes=0-4095' },
        { status: 206, bytes: 4096, etag: '9c41' },
      ],
      [
        'tool',
        'sqlite.query',
        { sql: 'select line, count(*) from trips group by line' },
        {
          rows: [
            ['1', 212],
            ['2', 240],
            ['3', 188],
            ['4', 96],
          ],
        },
      ],
      [
        'assistant',
        'builder',
        '736 trips on four lines, 11 fewer than yesterday; line 4 lost its 22:30. That matches the printed table, so I swap.',
        large(24_100, 840),
      ],
      [
        'tool',
        'importer.swap',
        { day: 'tomorrow', dryRun: false },
        'swapped in 0.4 s, 0 requests failed',
      ],
      ['user', 'Mira', 'Nobody noticed. Thank you.'],
      [
        'assistant',
        'builder',
        'I wrote down how to do it by hand, in case it must be done at night.',
        small(6_200, 210),
      ],
    ],
  ],
  [
    1,
    'reviewer',
    'Why is the last ferry missing?',
    ['reviewer', 'builder'],
    [
      [
        'user',
        'reviewer',
        'Searching from Pier 2 at 23:50 finds nothing. The last ferry leaves at 00:05.',
      ],
      [
        'assistant',
        'builder',
        'The query ends at 24:00 of the calendar day. Trips after midnight belong to the service day before.',
        large(21_900, 1_120),
      ],
      [
        'tool',
        'grep',
        { pattern: 'endOfDay', path: 'src/search' },
        'src/search/range.ts:41: const until = endOfDay(date);\nsrc/search/range.ts:58: if (departure > until) break;',
      ],
      [
        'tool',
        'edit',
        { file: 'src/search/range.ts', line: 41, to: 'const until = endOfServiceDay(date);' },
        'written',
      ],
      [
        'tool',
        'test.run',
        { filter: 'after midnight' },
        { passed: 6, failed: 1, failing: 'clock change in October: expected 01:05, found 02:05' },
      ],
      [
        'assistant',
        'builder',
        'One left: on the night of the clock change the service day has 25 hours. Seconds after its start solve both.',
        large(33_700, 1_480),
      ],
      ['tool', 'test.run', { filter: 'after midnight' }, { passed: 7, failed: 0 }],
      ['user', 'reviewer', 'Good. I keep the October night as a calendar for all tests of times.'],
    ],
  ],
  [
    2,
    'researcher',
    'Limits of the live service',
    ['researcher', 'technical office'],
    [
      ['user', 'researcher', 'How often may we ask for positions?'],
      [
        'assistant',
        'technical office',
        'Sixty requests a minute for each key. Boats report every ten seconds, so more is of no use.',
      ],
      [
        'assistant',
        'researcher',
        'Then a cache of two seconds keeps us at half of that with all four lines open.',
        small(9_800, 340),
      ],
      [
        'tool',
        'load.measure',
        { clients: 40, seconds: 120, cache: 2 },
        { requests: 58, hits: 2342, p95: '31 ms' },
      ],
      [
        'assistant',
        'researcher',
        'Measured: 58 requests in two minutes for forty clients.',
        local(12_500, 410),
      ],
    ],
  ],
  [
    3,
    'planner',
    'Moving the pilot',
    ['Mira', 'planner'],
    [
      ['user', 'Mira', 'The regatta is on the pilot’s third day. Do we dare?'],
      [
        'assistant',
        'planner',
        'Lines 1 and 3 turn at the bridge that day, and half of the pilot group lives behind it. I would begin a week later.',
        large(27_300, 1_050),
      ],
      [
        'tool',
        'recall',
        { query: 'regatta closes basin', limit: 3 },
        { hits: 2, best: 'The regatta closes the inner basin on Saturday from 11:00 to 16:00' },
      ],
      ['user', 'Mira', 'Agreed. The eighth, then.'],
      [
        'assistant',
        'planner',
        'Stored as a decision in place of the old date, and the task waits for it.',
        small(7_100, 260),
      ],
      [
        'tool',
        'remember',
        { kind: 'decision', topic: 'release', content: 'The pilot begins on the eighth.' },
        'saved, acked',
      ],
    ],
  ],
  [
    3,
    'builder',
    'The stale board',
    ['reviewer', 'builder'],
    [
      [
        'user',
        'reviewer',
        'Without a network the second day shows yesterday’s departures under today’s date.',
      ],
      [
        'assistant',
        'builder',
        'The page keeps two days and formats with the clock of the phone. It should name the day it was made for.',
        large(19_600, 730),
      ],
      [
        'tool',
        'edit',
        {
          file: 'src/offline/page.ts',
          change: 'title from the made-for day; asks to renew after 36 h',
        },
        'written',
      ],
      [
        'tool',
        'browser.check',
        { network: 'none', clock: '+26 h' },
        { title: 'Thursday 6 November', warning: 'Made yesterday' },
      ],
      [
        'assistant',
        'builder',
        'It says so now, and asks to be renewed after 36 hours.',
        large(14_200, 380),
      ],
    ],
  ],
  [
    4,
    'reviewer',
    'Week’s defects, sorted',
    ['reviewer'],
    [
      [
        'assistant',
        'reviewer',
        'Seven defects this week. Sorting them by where they came from.',
        local(31_000, 900),
      ],
      ['tool', 'tasks.list', { tag: 'quality', state: 'completed' }, { count: 7 }],
      [
        'assistant',
        'reviewer',
        'Five of seven sit on the border between two service days. One test calendar would have found them.',
        large(42_800, 1_930),
      ],
      [
        'assistant',
        'reviewer',
        'Wrote it down as a procedure: three calendars for every test of times.',
        small(5_400, 180),
      ],
    ],
  ],
  [
    5,
    'planner',
    'Ready for the pilot?',
    ['Mira', 'planner', 'reviewer'],
    [
      ['user', 'Mira', 'What is still open before we begin?'],
      [
        'tool',
        'tasks.blocked',
        { limit: 10 },
        {
          blocked: ['Begin the pilot'],
          by: [
            'Release notes, one screen long',
            'Wording of delays, with “about”',
            'Say on the pier boards when the feed is missing',
          ],
        },
      ],
      [
        'assistant',
        'planner',
        'Three things: the notes, the wording of delays, and the notice when the feed is missing. Two of them wait for you.',
        large(36_500, 1_240),
      ],
      [
        'assistant',
        'reviewer',
        'I would not begin without the notice. The feed was late twice this month.',
        large(12_900, 310),
      ],
      ['user', 'Mira', 'Fair. I decide on the wording today.'],
      ['assistant', 'planner', 'Then the eighth stands.', small(4_800, 120)],
    ],
  ],
];
