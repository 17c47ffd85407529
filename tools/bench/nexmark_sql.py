"""NEXMark's queries as Flink SQL over the views person, auction and bid, and their tables."""

TABLES = {
    'person': [('id', 'BIGINT'), ('name', 'STRING'), ('emailAddress', 'STRING'),
               ('creditCard', 'STRING'), ('city', 'STRING'), ('state', 'STRING'),
               ('dateTime', 'TIMESTAMP(3)'), ('extra', 'STRING')],
    'auction': [('id', 'BIGINT'), ('itemName', 'STRING'), ('description', 'STRING'),
                ('initialBid', 'BIGINT'), ('reserve', 'BIGINT'), ('dateTime', 'TIMESTAMP(3)'),
                ('expires', 'TIMESTAMP(3)'), ('seller', 'BIGINT'), ('category', 'BIGINT'),
                ('extra', 'STRING')],
    'bid': [('auction', 'BIGINT'), ('bidder', 'BIGINT'), ('price', 'BIGINT'),
            ('channel', 'STRING'), ('url', 'STRING'), ('dateTime', 'TIMESTAMP(3)'),
            ('extra', 'STRING')],
}

BID = [column for column, _ in TABLES['bid']]
AUCTION = [column for column, _ in TABLES['auction']]


class Query:
    """`columns` name what `select` gives, in order. `compared` are those that the query decides
    alone: all, but where several rows are equally first."""

    def __init__(self, columns, select, compared=None, updates=False):
        self.columns = columns
        self.select = select
        self.compared = compared or [name for name, _ in columns]
        self.updates = updates


def typed(text):
    """[(name, type)] of `name type, …`."""
    return [tuple(part.split(None, 1)) for part in text.replace('\n', ' ').split('; ')]


def quoted(names, table=''):
    return ', '.join(f'{table}`{name}`' for name in names)


HOP = ("TABLE(HOP(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '2' SECOND, "
       "INTERVAL '10' SECOND))")


def tumble(table):
    return f"TABLE(TUMBLE(TABLE {table}, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND))"


WHILE_OPEN = '''FROM auction A JOIN bid B
  ON A.id = B.auction AND B.`dateTime` BETWEEN A.`dateTime` AND A.expires'''

DAY = "DATE_FORMAT(`dateTime`, 'yyyy-MM-dd')"
CLASSES = [('total', ''), ('rank1', 'price < 10000'),
           ('rank2', 'price >= 10000 AND price < 1000000'), ('rank3', 'price >= 1000000')]


def by_class(what, aggregate):
    """Columns and aggregates of all prices and of each class of them."""
    columns = [(f'{name}_{what}', 'BIGINT') for name, _ in CLASSES]
    values = [aggregate + (f' FILTER (WHERE {condition})' if condition else '')
              for _, condition in CLASSES]
    return columns, ', '.join(values)


BIDS, COUNT_BIDS = by_class('bids', 'COUNT(*)')
BIDDERS, COUNT_BIDDERS = by_class('bidders', 'COUNT(DISTINCT bidder)')
AUCTIONS, COUNT_AUCTIONS = by_class('auctions', 'COUNT(DISTINCT auction)')
BID_COLUMNS = TABLES['bid']

QUERIES = {
    'q0': Query(typed('auction BIGINT; bidder BIGINT; price BIGINT; dateTime TIMESTAMP(3); '
                      'extra STRING'),
                'SELECT auction, bidder, price, `dateTime`, extra FROM bid'),
    'q1': Query(typed('auction BIGINT; bidder BIGINT; price DECIMAL(23, 3); dateTime TIMESTAMP(3); '
                      'extra STRING'),
                'SELECT auction, bidder, 0.908 * price, `dateTime`, extra FROM bid'),
    'q2': Query(typed('auction BIGINT; price BIGINT'),
                'SELECT auction, price FROM bid WHERE MOD(auction, 123) = 0'),
    'q3': Query(typed('name STRING; city STRING; state STRING; id BIGINT'),
                '''SELECT P.name, P.city, P.state, A.id
FROM auction A JOIN person P ON A.seller = P.id
WHERE A.category = 10 AND P.state IN ('OR', 'ID', 'CA')'''),
    'q4': Query(typed('id BIGINT; final BIGINT'),
                f'''SELECT category, AVG(final) FROM (
  SELECT MAX(B.price) AS final, A.category {WHILE_OPEN} GROUP BY A.id, A.category)
GROUP BY category''', updates=True),
    'q5': Query(typed('auction BIGINT; num BIGINT'),
                f'''SELECT C.auction, C.num FROM (
  SELECT auction, COUNT(*) AS num, window_start, window_end FROM {HOP}
  GROUP BY auction, window_start, window_end) C
JOIN (SELECT MAX(num) AS most, window_start, window_end FROM (
  SELECT COUNT(*) AS num, window_start, window_end FROM {HOP}
  GROUP BY auction, window_start, window_end) GROUP BY window_start, window_end) M
ON C.window_start = M.window_start AND C.window_end = M.window_end AND C.num >= M.most'''),
    'q7': Query(typed('auction BIGINT; price BIGINT; bidder BIGINT; dateTime TIMESTAMP(3); '
                      'extra STRING'),
                f'''SELECT B.auction, B.price, B.bidder, B.`dateTime`, B.extra FROM bid B
JOIN (SELECT MAX(price) AS highest, window_end FROM {tumble('bid')}
  GROUP BY window_start, window_end) M ON B.price = M.highest
WHERE B.`dateTime` BETWEEN M.window_end - INTERVAL '10' SECOND AND M.window_end'''),
    'q8': Query(typed('id BIGINT; name STRING; stime TIMESTAMP(3)'),
                f'''SELECT P.id, P.name, P.window_start FROM (
  SELECT id, name, window_start, window_end FROM {tumble('person')}
  GROUP BY id, name, window_start, window_end) P
JOIN (SELECT seller, window_start, window_end FROM {tumble('auction')}
  GROUP BY seller, window_start, window_end) A
ON P.id = A.seller AND P.window_start = A.window_start AND P.window_end = A.window_end'''),
    'q9': Query(TABLES['auction'] + typed('auction BIGINT; bidder BIGINT; price BIGINT; '
                                          'bid_dateTime TIMESTAMP(3); bid_extra STRING'),
                f'''SELECT {quoted(AUCTION)}, auction, bidder, price, bid_dateTime, bid_extra
FROM (
  SELECT {quoted(AUCTION, 'A.')}, B.auction, B.bidder, B.price, B.`dateTime` AS bid_dateTime,
    B.extra AS bid_extra,
    ROW_NUMBER() OVER (PARTITION BY A.id ORDER BY B.price DESC, B.`dateTime`) AS place
  {WHILE_OPEN}) WHERE place <= 1''',
                compared=['id', 'price', 'bid_dateTime'], updates=True),
    'q11': Query(typed('bidder BIGINT; bid_count BIGINT; starttime TIMESTAMP(3); '
                       'endtime TIMESTAMP(3)'),
                 '''SELECT bidder, COUNT(*), SESSION_START(`dateTime`, INTERVAL '10' SECOND),
  SESSION_END(`dateTime`, INTERVAL '10' SECOND)
FROM bid GROUP BY bidder, SESSION(`dateTime`, INTERVAL '10' SECOND)'''),
    # Flink has no function that counts a letter; the original brings its own.
    'q14': Query(typed('auction BIGINT; bidder BIGINT; price DECIMAL(23, 3); bidTimeType STRING; '
                       'dateTime TIMESTAMP(3); extra STRING; c_counts BIGINT'),
                 '''SELECT auction, bidder, 0.908 * price,
  CASE WHEN HOUR(`dateTime`) BETWEEN 8 AND 18 THEN 'dayTime'
    WHEN HOUR(`dateTime`) <= 6 OR HOUR(`dateTime`) >= 20 THEN 'nightTime' ELSE 'otherTime' END,
  `dateTime`, extra, CAST(CHAR_LENGTH(extra) - CHAR_LENGTH(REPLACE(extra, 'c', '')) AS BIGINT)
FROM bid WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000'''),
    'q15': Query(typed('day STRING') + BIDS + BIDDERS + AUCTIONS,
                 f'''SELECT {DAY}, {COUNT_BIDS}, {COUNT_BIDDERS}, {COUNT_AUCTIONS}
FROM bid GROUP BY {DAY}''',
                 updates=True),
    'q16': Query(typed('channel STRING; day STRING; minute STRING') + BIDS + BIDDERS + AUCTIONS,
                 f'''SELECT channel, {DAY}, MAX(DATE_FORMAT(`dateTime`, 'HH:mm')), {COUNT_BIDS},
  {COUNT_BIDDERS}, {COUNT_AUCTIONS} FROM bid GROUP BY channel, {DAY}''', updates=True),
    'q17': Query(typed('auction BIGINT; day STRING') + BIDS
                 + typed('min_price BIGINT; max_price BIGINT; avg_price BIGINT; sum_price BIGINT'),
                 f'''SELECT auction, {DAY}, {COUNT_BIDS},
  MIN(price), MAX(price), AVG(price), SUM(price)
FROM bid GROUP BY auction, {DAY}''', updates=True),
    'q18': Query(BID_COLUMNS,
                 f'''SELECT {quoted(BID)} FROM (SELECT *,
  ROW_NUMBER() OVER (PARTITION BY bidder, auction ORDER BY `dateTime` DESC) AS place FROM bid)
WHERE place <= 1''', compared=['auction', 'bidder', 'dateTime'], updates=True),
    'q19': Query(BID_COLUMNS + typed('rank_number BIGINT'),
                 '''SELECT * FROM (SELECT *,
  ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC) AS rank_number FROM bid)
WHERE rank_number <= 10''', compared=['auction', 'price', 'rank_number'], updates=True),
    'q20': Query(typed('auction BIGINT; bidder BIGINT; price BIGINT; channel STRING; url STRING; '
                       'bid_dateTime TIMESTAMP(3); bid_extra STRING; itemName STRING; '
                       'description STRING; initialBid BIGINT; reserve BIGINT; '
                       'auction_dateTime TIMESTAMP(3); expires TIMESTAMP(3); seller BIGINT; '
                       'category BIGINT; auction_extra STRING'),
                 '''SELECT B.auction, B.bidder, B.price, B.channel, B.url, B.`dateTime`, B.extra,
  A.itemName, A.description, A.initialBid, A.reserve, A.`dateTime`, A.expires, A.seller,
  A.category, A.extra
FROM bid B JOIN auction A ON B.auction = A.id WHERE A.category = 10'''),
    'q21': Query(typed('auction BIGINT; bidder BIGINT; price BIGINT; channel STRING; '
                       'channel_id STRING'),
                 '''SELECT * FROM (SELECT auction, bidder, price, channel,
  CASE LOWER(channel) WHEN 'apple' THEN '0' WHEN 'google' THEN '1' WHEN 'facebook' THEN '2'
    WHEN 'baidu' THEN '3' ELSE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) END AS channel_id
FROM bid) WHERE channel_id IS NOT NULL'''),
    'q22': Query(typed('auction BIGINT; bidder BIGINT; price BIGINT; channel STRING; '
                       'dir1 STRING; dir2 STRING; dir3 STRING'),
                 '''SELECT auction, bidder, price, channel, SPLIT_INDEX(url, '/', 3),
  SPLIT_INDEX(url, '/', 4), SPLIT_INDEX(url, '/', 5) FROM bid'''),
    'q23': Query(typed('bidder BIGINT; price BIGINT; channel STRING; url STRING; bid_extra STRING; '
                       'person_id BIGINT; name STRING; emailAddress STRING; creditCard STRING; '
                       'city STRING; state STRING; person_extra STRING; itemName STRING; '
                       'description STRING; initialBid BIGINT; reserve BIGINT; '
                       'auction_dateTime TIMESTAMP(3); expires TIMESTAMP(3); seller BIGINT; '
                       'category BIGINT; auction_extra STRING'),
                 '''SELECT B.bidder, B.price, B.channel, B.url, B.extra, P.id, P.name,
  P.emailAddress, P.creditCard, P.city, P.state, P.extra, A.itemName, A.description,
  A.initialBid, A.reserve, A.`dateTime`, A.expires, A.seller, A.category, A.extra
FROM bid B JOIN person P ON P.id = B.bidder JOIN auction A ON A.seller = B.bidder'''),
}
