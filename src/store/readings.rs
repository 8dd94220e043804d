//! Groups that a forge keeps: who was in them when they were last read whole, and which number a path belongs to.

use jiff::Timestamp;
use sqlx::FromRow;

use super::directory::Pin;
use super::error::Error;
use super::{Store, columns, ms};
use crate::gate::ids::Host;
use crate::gate::membership::{GroupName, Kept, Reading, Source};

/// What is on record of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReading {
    /// The group.
    pub source: Source,
    /// Who is in it.
    pub kept: Kept,
    /// To be given back by whoever writes what follows from it.
    pub version: i64,
}

#[derive(Debug, FromRow)]
struct Row {
    host: String,
    name: String,
    reach: String,
    version: i64,
    members: String,
    read_at: i64,
    before_members: String,
    before_at: i64,
    held_members: Option<String>,
    held_at: Option<i64>,
}

impl Row {
    fn into_stored(self) -> Result<StoredReading, Error> {
        let reading = |members: &str, at: i64| {
            Ok::<_, Error>(Reading { members: columns::from_json(members)?, read_at: columns::time(at)? })
        };
        let source = Source {
            host: columns::host(&self.host)?,
            group: GroupName::of(&self.name),
            reach: columns::variant(&self.reach)?,
        };
        let held = self.held_members.zip(self.held_at).map(|(members, at)| reading(&members, at)).transpose()?;
        let kept = Kept {
            reading: reading(&self.members, self.read_at)?,
            before: reading(&self.before_members, self.before_at)?,
            held,
        };
        Ok(StoredReading { source, kept, version: self.version })
    }
}

impl Store {
    /// Everything that is on record of groups.
    pub async fn readings(&self) -> Result<Vec<StoredReading>, Error> {
        let rows = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, Row>(
                "SELECT host, name, reach, version, members, read_at, before_members, before_at, held_members, held_at
                 FROM group_reading ORDER BY host, name, reach"
            )
        )?;
        rows.into_iter().map(Row::into_stored).collect()
    }

    /// What is on record of one group.
    pub async fn reading(&self, source: &Source) -> Result<Option<StoredReading>, Error> {
        let all = self.readings().await?;
        Ok(all.into_iter().find(|stored| stored.source == *source))
    }

    /// Keeps what is known of a group from now on. `seen` is the version that it follows from; `None` where there was none.
    /// False when somebody else has written meanwhile: nothing was changed, and it has to be thought about again.
    pub async fn keep_reading(&self, source: &Source, kept: &Kept, seen: Option<i64>) -> Result<bool, Error> {
        let held = kept.held.as_ref();
        let held_members = held.map(|held| columns::to_json(&held.members)).transpose()?;
        let written = execute_one!(
            self,
            sqlx::query(if seen.is_some() { FOLLOW } else { BEGIN })
                .bind(source.host.as_str())
                .bind(source.group.to_string())
                .bind(source.reach.as_str())
                .bind(seen.unwrap_or(0))
                .bind(columns::to_json(&kept.reading.members)?)
                .bind(ms(kept.reading.read_at))
                .bind(columns::to_json(&kept.before.members)?)
                .bind(ms(kept.before.read_at))
                .bind(held_members.as_deref())
                .bind(held.map(|held| ms(held.read_at)))
        )?;
        Ok(written == 1)
    }

    /// Pins the number of a group that the directory names by its path, when it is first seen.
    pub async fn pin_group(&self, host: &Host, path: &str, id: i64, now: Timestamp) -> Result<Pin, Error> {
        let pinned = write_one!(
            self,
            fetch_one,
            sqlx::query_scalar::<_, i64>(
                "INSERT INTO group_pin (host, path, group_id, pinned_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (host, path) DO UPDATE SET group_id = group_pin.group_id RETURNING group_id"
            )
            .bind(host.as_str())
            .bind(path.to_ascii_lowercase())
            .bind(id)
            .bind(ms(now))
        )?;
        Ok(Pin::of(pinned, id))
    }

    /// The number that the path of a group is pinned to.
    pub async fn pinned_group(&self, host: &Host, path: &str) -> Result<Option<i64>, Error> {
        Ok(read!(
            self,
            fetch_optional,
            sqlx::query_scalar::<_, i64>("SELECT group_id FROM group_pin WHERE host = $1 AND path = $2")
                .bind(host.as_str())
                .bind(path.to_ascii_lowercase())
        )?)
    }
}

const BEGIN: &str = "
    INSERT INTO group_reading (host, name, reach, version, members, read_at, before_members, before_at, held_members, held_at)
    VALUES ($1, $2, $3, $4 + 1, $5, $6, $7, $8, $9, $10) ON CONFLICT (host, name, reach) DO NOTHING";

const FOLLOW: &str = "
    UPDATE group_reading SET version = version + 1, members = $5, read_at = $6, before_members = $7, before_at = $8,
        held_members = $9, held_at = $10
    WHERE host = $1 AND name = $2 AND reach = $3 AND version = $4";
