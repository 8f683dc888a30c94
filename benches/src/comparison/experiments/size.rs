//! What has to be shipped.

use super::Course;
use crate::comparison::record::Series;

pub(super) fn measure(course: &mut Course<'_>) -> anyhow::Result<()> {
    course.each(course.kinds(), |course, contender| {
        let artefact = &contender.profile().artefact;
        #[expect(clippy::cast_precision_loss, reason = "no image has 2^52 bytes")]
        let figures = [
            ("bytes", "bytes", artefact.bytes as f64),
            ("compressed_bytes", "bytes", artefact.compressed_bytes as f64),
            ("files", "count", artefact.files as f64),
            ("components", "count", artefact.components as f64),
            ("code_bytes", "bytes", artefact.code_bytes as f64),
        ];
        for (metric, unit, value) in figures {
            course.keep(Series::new("size", contender.name(), metric, unit).samples(vec![value]));
        }
        Ok(())
    })
}
