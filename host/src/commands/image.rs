//! `skerry image build|ls|inspect`: makes runtime images, lists them, looks into them.

mod oci;

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use skerry_image::{Image, Store};

use crate::arguments::{ImageBuildArguments, ImageCommand, ImageInspectArguments, ImageListArguments, OutputFormat};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::images;
use crate::interrupt::Interrupt;
use crate::places;
use crate::prerequisites;
use crate::printer::Printer;
use crate::table::{Align, Table, bytes};

/// Runs one of the verbs.
///
/// # Errors
/// When the build fails, there is no such image, or stdout does not take the result.
pub fn run(command: &ImageCommand, printer: &Printer) -> Result<ExitCode, Failure> {
    match command {
        ImageCommand::Build(arguments) => build(arguments, printer),
        ImageCommand::Ls(arguments) => list(arguments, printer),
        ImageCommand::Inspect(arguments) => inspect(arguments, printer),
    }
}

fn build(arguments: &ImageBuildArguments, printer: &Printer) -> Result<ExitCode, Failure> {
    let interrupt = Interrupt::watch()?;
    if let Some(destination) = &arguments.oci {
        oci::check(destination)?;
    }
    let source_root = places::source_root(arguments.source.as_deref())?;
    images::require(prerequisites::to_build, &source_root, arguments.no_setup, printer)?;
    let mut progress = printer.progress(0);
    let built =
        images::build(&source_root, arguments.flavour, arguments.functions.as_deref(), &interrupt, &mut progress);
    drop(progress);
    if let Some(exit_code) = interrupt.exit_code() {
        return Ok(exit_code);
    }
    let built = built?;
    printer.info(if built.reused { "nothing has changed; the image is reused" } else { "the image is built" });
    match &arguments.oci {
        None => show(&built.image, arguments.output, printer),
        Some(destination) => {
            let tag = arguments.tag.clone();
            oci::write(&built.image, destination, tag, arguments.output, &interrupt, printer)
        }
    }
}

fn list(arguments: &ImageListArguments, printer: &Printer) -> Result<ExitCode, Failure> {
    let images = store(arguments.source.as_deref())?.list()?;
    match arguments.output {
        OutputFormat::Table => printer.result(&render_list(&images))?,
        OutputFormat::Json => printer.json_result(&images.iter().map(describe).collect::<Vec<_>>())?,
    }
    Ok(ExitCode::Success)
}

fn inspect(arguments: &ImageInspectArguments, printer: &Printer) -> Result<ExitCode, Failure> {
    let image = store(arguments.source.as_deref())?.find(&arguments.image)?;
    show(&image, arguments.output, printer)
}

fn store(source: Option<&Path>) -> Result<Store, Failure> {
    Ok(images::store(&places::source_root(source)?))
}

fn show(image: &Image, output: OutputFormat, printer: &Printer) -> Result<ExitCode, Failure> {
    let parts = image.size_by_part();
    match output {
        OutputFormat::Table => printer.result(&render_one(image, &parts))?,
        OutputFormat::Json => {
            let mut value = describe(image);
            value["size_by_part_bytes"] = parts.iter().map(|(part, size)| (part.clone(), json!(size))).collect();
            printer.json_result(&value)?;
        }
    }
    Ok(ExitCode::Success)
}

/// The image as JSON, without its parts.
fn describe(image: &Image) -> Value {
    json!({
        "id": image.id,
        "flavour": image.flavour.name(),
        "functions": image.functions,
        "created_unix_s": image.created_unix_s,
        "compiler": image.compiler,
        "size_bytes": image.size_bytes(),
        "loader": image.loader,
        "loader_bytes": image.loader_bytes,
        "unikernel": image.unikernel,
        "unikernel_bytes": image.unikernel_bytes,
    })
}

fn render_list(all: &[Image]) -> String {
    let mut table =
        Table::new(&[("id", Align::Left), ("flavour", Align::Left), ("size", Align::Right), ("created", Align::Left)]);
    for image in all {
        table.row([
            image.id.clone(),
            made_with(image),
            bytes(image.size_bytes()),
            age(image.created_unix_s, SystemTime::now()),
        ]);
    }
    table.render()
}

fn render_one(image: &Image, parts: &[(String, u64)]) -> String {
    format!(
        "id         {}\nflavour    {} ({})\ncreated    {}\ncompiler   {}\nsize       {}\n\
         loader     {}\nunikernel  {}\n\n{}",
        image.id,
        made_with(image),
        image.flavour.description(),
        age(image.created_unix_s, SystemTime::now()),
        image.compiler,
        bytes(image.size_bytes()),
        image.loader.display(),
        image.unikernel.display(),
        render_parts(parts)
    )
}

/// The flavour, and the native functions beside it.
fn made_with(image: &Image) -> String {
    match &image.functions {
        Some(functions) => format!("{} + {functions}", image.flavour),
        None => image.flavour.name().to_owned(),
    }
}

fn render_parts(parts: &[(String, u64)]) -> String {
    let mut table = Table::new(&[("part", Align::Left), ("size", Align::Right), ("share", Align::Right)]);
    let total = parts.iter().map(|(_, size)| size).sum::<u64>().max(1);
    for (part, size) in parts {
        table.row([part.clone(), bytes(*size), format!("{} %", size.saturating_mul(100) / total)]);
    }
    table.row(["total".to_owned(), bytes(total), String::new()]);
    table.render()
}

/// How long ago that was, as `docker images` says it. A clock that was put back counts as now.
fn age(created_unix_s: u64, now: SystemTime) -> String {
    let created = UNIX_EPOCH.checked_add(Duration::from_secs(created_unix_s)).unwrap_or(now);
    let seconds = now.duration_since(created).unwrap_or_default().as_secs();
    match seconds {
        0..60 => "just now".to_owned(),
        60..7_200 => format!("{} minutes ago", seconds / 60),
        7_200..172_800 => format!("{} hours ago", seconds / 3_600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_shown_with_their_share_and_a_total() {
        let parts = [("executors".to_owned(), 1_500_000), ("loader".to_owned(), 500_000)];
        assert_eq!(
            render_parts(&parts),
            "PART           SIZE  SHARE\n\
             executors   1.50 MB   75 %\n\
             loader     500.0 kB   25 %\n\
             total       2.00 MB\n"
        );
    }

    #[test]
    fn an_age_has_the_unit_that_fits() {
        let at = |seconds: u64| UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds);
        assert_eq!(age(1_000_000, at(59)), "just now");
        assert_eq!(age(1_000_000, at(300)), "5 minutes ago");
        assert_eq!(age(1_000_000, at(7_200)), "2 hours ago");
        assert_eq!(age(1_000_000, at(200_000)), "2 days ago");
        assert_eq!(age(u64::MAX, at(0)), "just now");
        assert_eq!(age(2_000_000, at(0)), "just now");
    }

    #[test]
    fn no_images_are_an_empty_table() {
        assert_eq!(render_list(&[]), "ID  FLAVOUR  SIZE  CREATED\n");
    }
}
