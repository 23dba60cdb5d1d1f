-- The weekly summary is chosen by itself. It comes by mail alone: no notification
-- has this type.
alter type notification_type add value 'summary';
