"""Data in: files, arrays and data frames become a :class:`Series`."""

from unrolled.series._append import appended as appended
from unrolled.series._calendar import Calendar as Calendar
from unrolled.series._calendar import count_dates as count_dates
from unrolled.series._catalogue import Dataset as Dataset
from unrolled.series._catalogue import dataset as dataset
from unrolled.series._catalogue import datasets as datasets
from unrolled.series._catalogue import describe as describe
from unrolled.series._catalogue import noisy_sine as noisy_sine
from unrolled.series._companion import as_companion as as_companion
from unrolled.series._companion import as_paired as as_paired
from unrolled.series._csv import csv_number as csv_number
from unrolled.series._csv import csv_place as csv_place
from unrolled.series._csv import csv_text as csv_text
from unrolled.series._csv import series_csv as series_csv
from unrolled.series._door import as_series as as_series
from unrolled.series._frames import frame_from_columns as frame_from_columns
from unrolled.series._frames import from_frame as from_frame
from unrolled.series._pairing import pairing_energy as pairing_energy
from unrolled.series._pairing import pairing_series as pairing_series
from unrolled.series._read import read as read
from unrolled.series._series import Series as Series
from unrolled.series._series import check as check
from unrolled.series._series import make_series as make_series
from unrolled.series._table import EndsEarly as EndsEarly
