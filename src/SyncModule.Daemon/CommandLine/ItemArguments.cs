using System.CommandLine;

namespace SyncModule.Daemon.CommandLine;

/// <summary>Arguments and options that name items, the same in every command.</summary>
internal static class ItemArguments
{
    public const string DefaultCollection = "items";

    public static Option<string> Collection() => new("--collection") { Description = "The collection of the item.", HelpName = "C", DefaultValueFactory = _ => DefaultCollection };

    public static Argument<string> Key() => new("KEY") { Description = "The item: name or folder/name." };
}
